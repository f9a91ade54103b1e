import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer, type Image } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  waitForCondition,
  type KubeObject,
} from '../support/kubernetes.ts';
import { holdersOfPort, processesOfPod, type ProcessIdentity } from '../support/processes.ts';
import { expectStatus, RegistryClient } from '../support/registry-client.ts';
import { createRegistry, registryObject } from '../support/registries.ts';
import { pulling, pushing, repeat } from '../support/traffic.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

const namespace = 'e2e-collection';
const name = 'store';
const repository = 'team/app';

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

function collection(run: string, registry = name): object {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    spec: { registryRef: { name: registry }, deleteUntagged: true },
  };
}

/** Workers that take requests now: those that answer on connections of their own making. */
async function workersThatAnswer(client: RegistryClient, podUid: string): Promise<ProcessIdentity[]> {
  const clients = Array.from({ length: 12 }, () => new RegistryClient(client.access));
  await Promise.all(clients.map((one) => one.call('GET', '/v2/')));
  const holders = await holdersOfPort(await processesOfPod(podUid), 5000);
  for (const one of clients) one.close();
  return holders;
}

function key({ pid, startTime }: ProcessIdentity): string {
  return `${pid}@${startTime}`;
}

test('C1, C2, C3: collected under pushes and pulls: nothing fails, only the unshared blobs go, every worker is new', async () => {
  const access = await createRegistry({ namespace, name });
  const [owner, pusher, puller] = [1, 2, 3].map(() => new RegistryClient(access)) as [
    RegistryClient,
    RegistryClient,
    RegistryClient,
  ];
  const shared = randomLayer(200_000);
  const kept: Image = image([shared, randomLayer(50_000)]);
  const doomed: Image = image([shared, randomLayer(300_000)]);
  await owner.push(repository, 'kept', kept);
  await owner.push(repository, 'doomed', doomed);
  expectStatus(await owner.call('DELETE', `/v2/${repository}/manifests/${doomed.manifest.digest}`), 202);

  const pod = await get('pod', namespace, `${name}-0`);
  const before = await workersThatAnswer(owner, pod.metadata.uid);
  expect(before.length).toBeGreaterThanOrEqual(2);

  const pulls = pulling(puller, repository, 'kept', kept);
  const pushes = pushing(pusher, 'team/busy');
  const states = repeat(async () => {
    // Nothing else may be seen by a user who reads on during the run.
    expectStatus(await owner.call('GET', `/v2/${repository}/tags/list`), 200);
  }, 50);
  await apply(collection('first'));
  const done = await waitForCondition(
    { kind: 'garbagecollections', namespace, name: 'first' },
    'Succeeded',
    'True',
    60_000,
  );
  const [pulled, pushed, listed] = [await pulls.stop(), await pushes.stop(), await states.stop()];
  const seconds = secondsOf(done);
  console.info(
    `run ${seconds} s; ${pulled.operations} pulls, ${pushed.operations} pushes, slowest push ${pushed.slowest.toFixed(0)} ms`,
  );
  expect(pulled.failures).toEqual([]);
  expect(pushed.failures).toEqual([]);
  expect(listed.failures).toEqual([]);
  // As fast as they come is for the bench to say; here they must only go on throughout.
  expect(pulled.operations / seconds).toBeGreaterThanOrEqual(5);
  expect(pulled.slowest).toBeLessThan(5_000);
  expect(at(done, 'status.windows')).toBe(1);
  expect(Number(at(done, 'status.windowSeconds'))).toBeGreaterThan(0);

  const after = await eventually('only new workers', async () => {
    const now = await workersThatAnswer(owner, pod.metadata.uid);
    return now.every((one) => !before.map(key).includes(key(one))) && now.length >= 2 ? now : undefined;
  });
  expect(after.map(key)).not.toEqual(before.map(key));
  expect((await get('pod', namespace, `${name}-0`)).metadata.uid).toBe(pod.metadata.uid);

  const left = await blobsIn(await volumePath(namespace, name));
  const gone = [doomed.manifest, doomed.config, doomed.layers[1]].map((one) => one?.digest ?? '');
  expect(left.filter((digest) => gone.includes(digest))).toEqual([]);
  expect(left).toEqual(
    expect.arrayContaining([kept.manifest, kept.config, ...kept.layers].map((one) => one.digest)),
  );
  const bytes = [doomed.manifest, doomed.config, doomed.layers[1]].reduce(
    (total, one) => total + (one?.content.length ?? 0),
    0,
  );
  expect(at(done, 'status.counts.blobsDeleted')).toBe(3);
  expect(at(done, 'status.counts.bytesDeleted')).toBe(bytes);

  await owner.push(repository, 'doomed', doomed);
  await owner.pull(repository, 'doomed', doomed);
  for (const client of [owner, pusher, puller]) client.close();
}, 180_000);

function secondsOf(run: KubeObject): number {
  const began = Date.parse(String(at(run, 'status.startTime')));
  return Math.max(1, (Date.parse(String(at(run, 'status.completionTime'))) - began) / 1000);
}

test('C1: kubectl get gc reads like a log', async () => {
  const table = await kubectl(['get', 'gc', '-n', namespace]);
  expect(table).toMatch(/first\s+store\s+Succeeded/);
  const story = await kubectl(['describe', 'gc', 'first', '-n', namespace]);
  for (const step of [
    'Marking',
    'EnteringReadOnly',
    'Sweeping',
    'Restarting',
    'RestoringWrites',
    'Confirming',
  ]) {
    expect(story).toContain(step);
  }
});

test('A21: a collection returns a read-only registry to read-only', async () => {
  await apply(registryObject({ namespace, name, spec: { readOnly: true } }));
  await waitForCondition({ kind: 'registry', namespace, name }, 'ReadOnly');
  await apply(collection('frozen'));
  await waitForCondition({ kind: 'garbagecollections', namespace, name: 'frozen' }, 'Succeeded');
  const client = new RegistryClient(await createRegistry({ namespace, name, spec: { readOnly: true } }));
  expect((await client.call('POST', '/v2/team/app/blobs/uploads/')).status).toBe(405);
  await apply(registryObject({ namespace, name }));
  await eventually(
    'writes',
    async () => (await client.call('POST', '/v2/team/app/blobs/uploads/')).status === 202,
  );
  client.close();
});

test('a GarbageCollection for a missing Registry says so in one sentence', async () => {
  await apply(collection('lost', 'nowhere'));
  const run = await waitForCondition({ kind: 'garbagecollections', namespace, name: 'lost' }, 'Stalled');
  const stalled = (at(run, 'status.conditions') as { type: string; message: string }[]).find(
    (one) => one.type === 'Stalled',
  );
  expect(stalled?.message).toContain('nowhere');
  expect(stalled?.message).toContain('spec.registryRef.name');
});
