import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  type KubeObject,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { createRegistry, registryObject } from '../support/registries.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

const namespace = 'e2e-options';
const name = 'options';
let client: RegistryClient;

beforeAll(async () => {
  await createNamespace(namespace);
  client = new RegistryClient(await createRegistry({ namespace, name }));
});
afterAll(async () => {
  client.close();
  await deleteNamespace(namespace);
});

async function collect(run: string, spec: Record<string, unknown>): Promise<KubeObject> {
  await apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    spec: { registryRef: { name }, ...spec },
  });
  return waitForCondition({ kind: 'garbagecollections', namespace, name: run }, 'Succeeded');
}

async function stored(): Promise<string[]> {
  return blobsIn(await volumePath(namespace, name));
}

async function pulls(repository: string, reference: string): Promise<boolean> {
  return (await client.call('GET', `/v2/${repository}/manifests/${reference}`)).status === 200;
}

test('C4: a dry run pauses nothing, deletes nothing, and leaves its plan in a ConfigMap', async () => {
  const dead = image([randomLayer()]);
  await client.push('team/app', dead.manifest.digest, dead);
  const done = await collect('dry', { dryRun: true, deleteUntagged: true, minAge: '0s' });
  const steps = (at(done, 'status.steps') as { name: string }[]).map((step) => step.name);
  expect(steps).toEqual(['Queued', 'Marking']);
  expect(at(done, 'status.counts')).toMatchObject({ blobsDeleted: 3, manifestsDeleted: 1, bytesFreed: 0 });
  const plan = await get('configmap', namespace, String(at(done, 'status.planRef.name')));
  const data = at(plan, 'data') as Record<string, string>;
  expect(JSON.parse(data['plan.json'] ?? '')).toMatchObject({ totals: { blobs: 3 } });
  expect(data['plan.txt']).toContain(dead.manifest.digest);
  expect(await stored()).toContain(dead.manifest.digest);
});

test('C10: what a run swept comes back with restoreFrom, until its time is over', async () => {
  const dead = image([randomLayer()]);
  await client.push('team/undo', 'v1', dead);
  expect((await client.call('DELETE', '/v2/team/undo/manifests/v1')).status).toBe(202);
  const swept = await collect('swept', { deleteUntagged: true, minAge: '0s' });
  expect(at(swept, 'status.counts')).toMatchObject({ bytesFreed: 0 });
  expect(Number(at(swept, 'status.counts.bytesPending'))).toBeGreaterThan(4096);
  expect(await stored()).not.toContain(dead.manifest.digest);
  const restored = await collect('restored', { restoreFrom: 'swept' });
  expect(Number(at(restored, 'status.counts.restored'))).toBeGreaterThanOrEqual(3);
  expect(await pulls('team/undo', dead.manifest.digest)).toBe(true);
  await client.pull('team/undo', dead.manifest.digest, dead);
});

test('C12, C4: retention unties tags in the repositories that a run collects, and no others', async () => {
  const images = [1, 2, 3, 4].map(() => image([randomLayer()]));
  for (const repository of ['keep/two', 'other/two']) {
    for (const [index, one] of images.entries()) await client.push(repository, `v${index + 1}`, one);
    await client.push(repository, 'stable', images[0] ?? image([]));
  }
  const retention = [{ repositories: ['**'], keepLast: 2, keepMatching: ['stable'] }];
  const done = await collect('retention', {
    deleteUntagged: true,
    minAge: '0s',
    undoFor: '0s',
    repositories: ['keep/*'],
    retention,
  });
  expect(at(done, 'status.counts.tagsRemoved')).toBeGreaterThanOrEqual(2);
  const tags = async (repository: string): Promise<unknown> =>
    JSON.parse((await client.call('GET', `/v2/${repository}/tags/list`)).body.toString()).tags;
  expect(await tags('keep/two')).toContain('stable');
  expect(await tags('keep/two')).not.toContain('v2');
  expect(await tags('other/two')).toEqual(['stable', 'v1', 'v2', 'v3', 'v4']);
});

test('C8: a schedule collects by itself and keeps no more runs than it is told to', async () => {
  const garbageCollection = {
    schedule: '* * * * *',
    successfulRunsHistoryLimit: 0,
    template: { deleteUntagged: true },
  };
  await apply(registryObject({ namespace, name, spec: { garbageCollection } }));
  const registry = await eventually(
    'a scheduled collection that succeeded and is gone',
    async () => {
      const found = await get('registry', namespace, name);
      const last = String(at(found, 'status.lastCollection.name'));
      if (!/^options-\d{12}$/.test(last)) return undefined;
      const object = await tryKubectl(['get', 'garbagecollections', last, '-n', namespace]);
      return object.status === 0 ? undefined : found;
    },
    { timeoutMs: 150_000, everyMs: 1000 },
  );
  expect(at(registry, 'status.lastCollection')).toMatchObject({ phase: 'Succeeded' });
  await apply(
    registryObject({ namespace, name, spec: { garbageCollection: { ...garbageCollection, suspend: true } } }),
  );
  await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
}, 200_000);
