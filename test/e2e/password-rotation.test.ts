import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  list,
  kubectl,
  secretValue,
  waitForCondition,
} from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { registryObject } from '../support/registries.ts';
import { pushing } from '../support/traffic.ts';

const namespace = 'e2e-rotation';
const name = 'pair';
const registry = { kind: 'registry', namespace, name };

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

/** Two pods that answer without TLS, so that each can be asked by its own address. */
async function setAuth(htpasswd: object, more: object = {}): Promise<void> {
  const storage = { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } };
  const spec = { replicas: 2, storage, tls: { disabled: true }, auth: { htpasswd }, ...more };
  await apply(registryObject({ namespace, name, spec }));
}

interface PodHost {
  readonly uid: string;
  readonly restarts: unknown;
  readonly host: string;
}

async function pods(): Promise<PodHost[]> {
  const found = await list('pods', namespace, `app.kubernetes.io/instance=${name}`);
  return found.map((pod) => ({
    uid: pod.metadata.uid,
    restarts: at(pod, 'status.containerStatuses[0].restartCount'),
    host: `${String(at(pod, 'status.podIP'))}:5000`,
  }));
}

function clientAt(host: string, username: string, password: string): RegistryClient {
  return new RegistryClient({ host, ca: '', username, password }, { plain: true });
}

async function statuses(hosts: readonly PodHost[], user: string, password: string): Promise<number[]> {
  return Promise.all(
    hosts.map(async ({ host }) => {
      const client = clientAt(host, user, password);
      const { status } = await client.call('GET', '/v2/');
      client.close();
      return status;
    }),
  );
}

/** Milliseconds from now until every pod answers so. */
async function untilAll(
  hosts: PodHost[],
  login: [user: string, password: string],
  status: number,
): Promise<number> {
  const began = performance.now();
  await eventually(
    `${status} for ${login[0]} in every pod`,
    async () => (await statuses(hosts, ...login)).every((one) => one === status),
    { everyMs: 50 },
  );
  return performance.now() - began;
}

/** As Apache's htpasswd writes it. */
async function fileOf(users: Record<string, string>): Promise<string> {
  const lines = Object.entries(users).map(([user, password]) => must(['htpasswd', '-nbB', user, password]));
  return (await Promise.all(lines)).join('');
}

async function setFile(users: Record<string, string>): Promise<void> {
  const stringData = { htpasswd: await fileOf(users) };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name: 'given' }, stringData });
}

test('A6: an htpasswd Secret of the user’s own: who is in it comes in, and a change holds in every pod within 3 s', async () => {
  await setFile({ ada: 'one', bob: 'two' });
  await setAuth({ secretName: 'given' });
  await waitForCondition(registry, 'Ready');
  const before = await pods();
  expect(before).toHaveLength(2);
  expect(await statuses(before, 'ada', 'one')).toEqual([200, 200]);
  expect(await statuses(before, 'bob', 'two')).toEqual([200, 200]);
  expect(await statuses(before, 'ada', 'two')).toEqual([401, 401]);
  await setFile({ ada: 'three', eve: 'four' });
  const times = await Promise.all([
    untilAll(before, ['ada', 'three'], 200),
    untilAll(before, ['ada', 'one'], 401),
    untilAll(before, ['eve', 'four'], 200),
    untilAll(before, ['bob', 'two'], 401),
  ]);
  console.info(`changed in ${times.map((time) => time.toFixed(0)).join(', ')} ms in both pods`);
  for (const time of times) expect(time).toBeLessThan(3000);
  expect(await pods()).toEqual(before);
});

test('A6: a rotation shows a password that every pod takes already, the old one goes on, and ends at its time', async () => {
  const shared = { pullSecrets: [{ name: 'pull', user: 'ci' }] };
  await setAuth({ users: [{ name: 'ci' }], passwordOverlap: '1h' }, shared);
  await waitForCondition(registry, 'Ready');
  const hosts = await pods();
  const show = (): Promise<string> => secretValue(namespace, `${name}-user-ci`, 'password');
  const old = await show();
  expect(await statuses(hosts, 'ci', old)).toEqual([200, 200]);
  const clients = hosts.map(({ host }) => clientAt(host, 'ci', old));
  const traffic = clients.map((client) => pushing(client, 'app'));
  await setAuth({ users: [{ name: 'ci', rotation: 'one' }], passwordOverlap: '1h' }, shared);
  const began = performance.now();
  const password = await eventually(
    'another password',
    async () => {
      const shown = await show();
      return shown !== old && shown;
    },
    { everyMs: 20 },
  );
  // At the first try, in every pod.
  expect(await statuses(hosts, 'ci', password)).toEqual([200, 200]);
  console.info(`rotated in ${(performance.now() - began).toFixed(0)} ms`);
  const logins = async (): Promise<string> => secretValue(namespace, 'pull', '.dockerconfigjson');
  await eventually('the pull secret', async () => (await logins()).includes(password));
  expect(await logins()).not.toContain(old);
  expect(await kubectl(['get', 'events', '-n', namespace])).toContain('PasswordRotated');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const seen = await Promise.all(traffic.map((one) => one.stop()));
  for (const client of clients) client.close();
  expect(seen.flatMap(({ failures }) => failures)).toEqual([]);
  expect(Math.min(...seen.map(({ operations }) => operations))).toBeGreaterThan(20);
  // A shorter overlap counts for what overlaps already.
  await setAuth({ users: [{ name: 'ci', rotation: 'one' }], passwordOverlap: '6s' }, shared);
  const ended = await untilAll(hosts, ['ci', old], 401);
  console.info(`the old password ended after ${ended.toFixed(0)} ms`);
  expect(ended).toBeGreaterThan(2000);
  expect(ended).toBeLessThan(10_000);
  expect(await statuses(hosts, 'ci', password)).toEqual([200, 200]);
  await eventually(
    'a file without it',
    async () => !(await secretValue(namespace, `${name}-htpasswd`, 'htpasswd')).includes('#'),
  );
});

test('A6: a user who is removed is refused in every pod within 3 s', async () => {
  await setAuth({ users: [{ name: 'ci', rotation: 'one' }, { name: 'leaver' }] });
  const password = await eventually('the password', () =>
    secretValue(namespace, `${name}-user-leaver`, 'password'),
  );
  const hosts = await pods();
  const added = await untilAll(hosts, ['leaver', password], 200);
  await setAuth({ users: [{ name: 'ci', rotation: 'one' }] });
  const removed = await untilAll(hosts, ['leaver', password], 401);
  console.info(`added in ${added.toFixed(0)} ms, removed in ${removed.toFixed(0)} ms, in both pods`);
  expect(removed).toBeLessThan(3000);
});
