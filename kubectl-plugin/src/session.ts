import type { ServedRegistry } from '@wharfinger/operator';
import type { Cluster } from './cluster/cluster.ts';
import { openPodStream } from './cluster/pod-stream.ts';
import { readyPodPort } from './cluster/ready-pod.ts';
import type { Flags } from './command-line/flags.ts';
import { loginsOf } from './registry/credentials.ts';
import { createRegistryClient, type RegistryClient } from './registry/registry-client.ts';
import { trustOf } from './registry/trust.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export interface Session {
  readonly cluster: Pick<Cluster, 'client' | 'namespace'>;
  /** The Registry as it was when the command began. */
  readonly registry: ServedRegistry;
  readonly flags: Flags;
  readonly terminal: Terminal;
  /** A client of the registry itself, for as long as `work` takes. */
  readonly withRegistry: <T>(work: (client: RegistryClient) => Promise<T>) => Promise<T>;
}

/** A Session whose registry is reached by a port that the API server forwards. */
export function createSession(parts: {
  cluster: Cluster;
  registry: ServedRegistry;
  flags: Flags;
  terminal: Terminal;
}): Session {
  const { cluster, registry, flags } = parts;
  return {
    ...parts,
    async withRegistry(work) {
      const client = createRegistryClient({
        // Looked for each time, because pods come and go.
        dial: async () => openPodStream(cluster.kubeConfig, await readyPodPort(cluster, registry)),
        hostname: registry.spec.hostname,
        trust: await trustOf(cluster, registry, flags['registry-ca']),
        logins: loginsOf(cluster, registry, flags.credentials),
      });
      try {
        return await work(client);
      } finally {
        client.close();
      }
    },
  };
}
