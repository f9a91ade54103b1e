import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { apply, condition, kubectl, type KubeObject } from './kubernetes.ts';
import { stateDirectory } from './machine.ts';

/** Where the node's containerd looks for registries. */
export const certsDirectory = join(stateDirectory, 'cluster', 'certs.d');

const records = join(stateDirectory, 'node-trust');

/** A NodeTrust of one test file, and folders that stand for what a node has beside containerd's. */
export interface TestNodeTrust {
  readonly work: string;
  /** What its pods note on the node. */
  readonly record: string;
  manifest(registries: readonly object[], spec?: object): object;
  apply(registries: readonly object[], spec?: object): Promise<void>;
  /** Waits until a condition has this status for the present generation. */
  waitFor(type: string, status: string): Promise<KubeObject>;
  /** Rejects when nodes are not free of it within a minute. */
  remove(): Promise<void>;
  close(): Promise<void>;
}

export function openNodeTrust(name: string): TestNodeTrust {
  const work = join(stateDirectory, name);
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'hosts'), '127.0.0.1\tlocalhost\n');

  function manifest(registries: readonly object[], spec: object = {}): object {
    return {
      apiVersion: 'wharfinger.dev/v1alpha1',
      kind: 'NodeTrust',
      metadata: { name },
      spec: {
        registries,
        containerd: { directories: [certsDirectory] },
        docker: { directory: join(work, 'docker') },
        hostsFile: { path: join(work, 'hosts') },
        ...spec,
      },
    };
  }

  async function waitFor(type: string, status: string): Promise<KubeObject> {
    return eventually(
      `NodeTrust ${name}: ${type}=${status}`,
      async () => {
        const found = JSON.parse(await kubectl(['get', 'nodetrust', name, '-o', 'json'])) as KubeObject;
        const one = condition(found, type);
        if (one?.status === status && one.observedGeneration === found.metadata.generation) return found;
        throw new Error(JSON.stringify(found['status'] ?? 'no status yet'));
      },
      { timeoutMs: 60_000 },
    );
  }

  async function remove(): Promise<void> {
    await kubectl(['delete', 'nodetrust', name, '--ignore-not-found', '--timeout=60s']);
  }

  return {
    work,
    record: join(records, `${name}.json`),
    manifest,
    apply: async (registries, spec) => void (await apply(manifest(registries, spec))),
    waitFor,
    remove,
    close: async () => {
      await remove();
      rmSync(work, { recursive: true, force: true });
      // The kubelet made it; another NodeTrust may have its record there.
      if (existsSync(records) && readdirSync(records).length === 0) rmdirSync(records);
    },
  };
}
