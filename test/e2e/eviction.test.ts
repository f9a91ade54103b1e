import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { accessOf, clientOf, createRegistry } from '../support/registries.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { pulling, repeat } from '../support/traffic.ts';

const namespace = 'e2e-eviction';
const name = 'pair';
const registry = { kind: 'registry', namespace, name };
const one = image([randomLayer(), randomLayer(300_000)]);

beforeAll(async () => {
  await createNamespace(namespace);
  const volume = { size: '1Gi', accessModes: ['ReadWriteMany'] };
  const spec = { replicas: 2, storage: { filesystem: { volume } } };
  const client = new RegistryClient(await createRegistry({ namespace, name, spec }));
  await client.push('app', 'v1', one);
  client.close();
});
afterAll(() => deleteNamespace(namespace));

/** As `kubectl drain` asks for each pod of a node. */
async function evict(pod: string): Promise<{ isAllowed: boolean; text: string }> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  const { status, stdout, stderr } = await tryKubectl(
    ['create', '--raw', path, '-f', '-'],
    JSON.stringify(body),
  );
  return { isAllowed: status === 0, text: `${stdout}${stderr}` };
}

async function isBack(pod: string, uid: string): Promise<boolean> {
  const found = await get('pod', namespace, pod);
  return found.metadata.uid !== uid && at(found, 'status.containerStatuses[0].ready') === true;
}

test('A8: a drain takes one pod of two at a time, and no pull fails', async () => {
  const access = await accessOf(namespace, name);
  const kept = new RegistryClient(access);
  const traffic = [
    pulling(kept, 'app', 'v1', one),
    // On a connection of its own each time.
    repeat(async () => {
      const fresh = new RegistryClient(access);
      await fresh.pull('app', 'v1', one).finally(() => fresh.close());
    }, 30),
  ];
  const uids = await Promise.all(
    ['pair-0', 'pair-1'].map(async (pod) => (await get('pod', namespace, pod)).metadata.uid),
  );
  expect((await evict('pair-0')).isAllowed).toBe(true);
  await eventually(
    'the budget knows',
    async () => at(await get('pdb', namespace, name), 'status.disruptionsAllowed') === 0,
  );
  const refused = await evict('pair-1');
  expect(refused.isAllowed).toBe(false);
  expect(refused.text).toMatch(/disruption budget/i);
  await eventually('pair-0 is back', () => isBack('pair-0', uids[0] ?? ''), { timeoutMs: 90_000 });
  await eventually('pair-1 may go', async () => (await evict('pair-1')).isAllowed, { timeoutMs: 60_000 });
  await eventually('pair-1 is back', () => isBack('pair-1', uids[1] ?? ''), { timeoutMs: 90_000 });
  await waitForCondition(registry, 'Ready');
  for (const running of traffic) {
    const { operations, failures, slowest } = await running.stop();
    console.info(
      `pulls in two evictions: ${operations}, ${failures.length} failed, slowest ${slowest.toFixed(0)} ms`,
    );
    expect(failures).toEqual([]);
    expect(operations).toBeGreaterThan(20);
  }
  kept.close();
}, 240_000);

test('A8, A12: kubectl scale takes it to no pod and back, and the images are there', async () => {
  await kubectl(['scale', 'registry', name, '-n', namespace, '--replicas=0']);
  const none = await waitForCondition(registry, 'Ready', 'False', 90_000);
  await eventually(
    'it says so',
    async () => condition(await get('registry', namespace, name), 'Ready')?.reason === 'NoReplicas',
    { timeoutMs: 60_000 },
  );
  expect(condition(none, 'Stalled')?.status).toBe('False');
  expect((await tryKubectl(['get', 'pdb', name, '-n', namespace])).status).not.toBe(0);
  await kubectl(['scale', 'registry', name, '-n', namespace, '--replicas=2']);
  const back = await waitForCondition(registry, 'Ready', 'True', 90_000);
  expect(at(back, 'status.readyReplicas')).toBe(2);
  expect((await get('pdb', namespace, name)).metadata.name).toBe(name);
  const client = await clientOf(namespace, name);
  await client.pull('app', 'v1', one);
  client.close();
}, 200_000);
