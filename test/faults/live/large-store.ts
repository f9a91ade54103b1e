import { statSync } from 'node:fs';
import { join } from 'node:path';
import { generateStore, type StoreShape, type StoreSize } from '../../bench/gc/generated-store.ts';
import { must } from '../../support/command.ts';
import { randomLayer } from '../../support/image.ts';
import { apply, at, type KubeObject, waitForCondition } from '../../support/kubernetes.ts';
import { RegistryClient } from '../../support/registry-client.ts';
import { createRegistry } from '../../support/registries.ts';
import { blobsIn, volumePath } from '../../support/volumes.ts';
import { createPauseProbe, windowsOf } from './pause-probe.ts';

export interface LargeStoreOptions {
  readonly namespace: string;
  readonly name: string;
  readonly shape: StoreShape;
  /** Milliseconds the run may take. */
  readonly timeout: number;
}

export interface LargeStoreRun extends StoreSize {
  readonly problems: readonly string[];
  /** Milliseconds: the longest time for which a pushing client waited. */
  readonly longestPause: number;
  /** Seconds from the first to the last step of the run. */
  readonly seconds: number;
  /** How often writes were paused. */
  readonly windows: number;
  /** After the run, with those that the client pushed meanwhile. */
  readonly blobsLeft: number;
  /** `status.message` of the run. */
  readonly message: string;
}

/** Lays a generated store under a live registry and collects it while a client pushes. */
export async function collectLargeStore(options: LargeStoreOptions): Promise<LargeStoreRun> {
  const { namespace, name, shape, timeout } = options;
  const client = new RegistryClient(await createRegistry({ namespace, name }));
  await client.pushBlob('live/probe', randomLayer(512));
  const volume = await volumePath(namespace, name);
  const size = generateStore(volume, shape);
  const { uid, gid } = statSync(join(volume, 'docker/registry/v2'));
  await must(['chown', '-R', `${uid}:${gid}`, join(volume, 'docker')], { timeoutMs: 600_000 });
  await must(['sync'], { timeoutMs: 600_000 });
  const probe = createPauseProbe(client);
  const done = await collect(options, timeout);
  const probed = await probe.stop(windowsOf(done));
  client.close();
  return {
    ...size,
    problems: probed.failures,
    longestPause: probed.slowest,
    seconds: (time(done, 'status.completionTime') - time(done, 'status.startTime')) / 1000,
    windows: Number(at(done, 'status.windows')),
    blobsLeft: (await blobsIn(volume)).length,
    message: String(at(done, 'status.message')),
  };
}

async function collect({ namespace, name }: LargeStoreOptions, timeout: number): Promise<KubeObject> {
  await apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name },
    // No lease keeps what was just written, but for the pushes under way.
    spec: {
      registryRef: { name },
      deleteUntagged: true,
      minAge: '5s',
      undoFor: '0s',
      timeout: `${timeout / 1000}s`,
    },
  });
  return waitForCondition({ kind: 'garbagecollections', namespace, name }, 'Succeeded', 'True', timeout);
}

function time(object: KubeObject, path: string): number {
  return Date.parse(String(at(object, path)));
}
