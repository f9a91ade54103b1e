import { readFileSync } from 'node:fs';
import { binaryPath } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fileLayer, image } from '../support/image.ts';
import { type NodeTrust, podOf, trustOnNode } from '../support/kubelet.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  secretValue,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { RegistryClient, type Access } from '../support/registry-client.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-share';
const friend = 'e2e-share-friend';
const stranger = 'e2e-share-stranger';
const name = 'images';
const registry = { kind: 'registry', namespace, name };
const consent = `accept-from.wharfinger.dev/${namespace}`;
const names = [friend, stranger];
const spec = {
  pullSecrets: [
    { name: 'own-pull', user: 'ci' },
    { name: 'pull', user: 'ci', namespaces: { names }, serviceAccounts: ['default'] },
  ],
  caBundle: { namespaces: { names } },
};
let access: Access;
let trust: NodeTrust | undefined;

beforeAll(async () => {
  for (const one of [namespace, friend, stranger]) await createNamespace(one);
  await kubectl(['label', 'namespace', friend, `${consent}=true`]);
  await eventually(
    'the ServiceAccount',
    async () => (await get('serviceaccount', friend, 'default')) && true,
  );
  await kubectl([
    'patch',
    'serviceaccount',
    'default',
    '-n',
    friend,
    '-p',
    '{"imagePullSecrets":[{"name":"mine"}]}',
  ]);
  access = await createRegistry({ namespace, name, spec });
  trust = trustOnNode(access);
});
afterAll(async () => {
  trust?.remove();
  for (const one of [friend, stranger, namespace]) await deleteNamespace(one);
});

async function exists(kind: string, where: string, what: string): Promise<boolean> {
  return (await tryKubectl(['get', kind, what, '-n', where])).status === 0;
}

async function attached(where: string): Promise<unknown> {
  const account = await get('serviceaccount', where, 'default');
  return ((at(account, 'imagePullSecrets') ?? []) as { name: string }[]).map((one) => one.name);
}

interface Login {
  readonly username: string;
  readonly password: string;
}

async function loginsIn(where: string, secret = 'pull'): Promise<Record<string, Login>> {
  const text = await secretValue(where, secret, '.dockerconfigjson');
  return (JSON.parse(text) as { auths: Record<string, Login> }).auths;
}

/** Nothing of the Registry is in the namespace. */
async function isClear(where: string): Promise<boolean> {
  const list = attached(where) as Promise<string[]>;
  const found = [exists('secret', where, 'pull'), exists('configmap', where, `${name}-ca`)];
  return !(await Promise.all(found)).includes(true) && !(await list).includes('pull');
}

async function isServed(where: string): Promise<boolean> {
  const found = [exists('secret', where, 'pull'), exists('configmap', where, `${name}-ca`)];
  return (
    !(await Promise.all(found)).includes(false) && ((await attached(where)) as string[]).includes('pull')
  );
}

test('A7: a pod in a consenting namespace pulls by the kubelet with what was attached to its service account', async () => {
  const client = new RegistryClient(access);
  const program = readFileSync(binaryPath('oras'));
  await client.push(
    'tools/oras',
    'v1',
    image([fileLayer('oras', program)], { command: ['/oras', 'version'] }),
  );
  client.close();
  const logins = await loginsIn(friend);
  expect(logins[access.host]).toMatchObject({ username: access.username, password: access.password });
  expect(Object.keys(await loginsIn(namespace, 'own-pull'))).toEqual(Object.keys(logins));
  expect(Object.keys(logins)).toContain(`${name}.${namespace}.svc`);
  expect(await attached(friend)).toEqual(['mine', 'pull']);
  await apply(podOf({ namespace: friend, name: 'runs', image: `${access.host}/tools/oras:v1` }));
  await eventually(
    'the pod',
    async () => at(await get('pod', friend, 'runs'), 'status.phase') === 'Succeeded',
    { timeoutMs: 90_000 },
  );
  expect(await kubectl(['logs', 'runs', '-n', friend])).toContain('OS/Arch:');
});

test('A4: the CA is in a consenting namespace, under ca.crt', async () => {
  expect(at(await get('configmap', friend, `${name}-ca`), 'data')).toEqual({ 'ca.crt': access.ca });
});

test('A7: without consent nothing is written, and a condition and an Event say what to do', async () => {
  const found = await get('registry', namespace, name);
  expect(condition(found, 'Ready')?.status).toBe('True');
  const command = `kubectl label namespace ${stranger} ${consent}=true`;
  expect(condition(found, 'Shared')).toMatchObject({ status: 'False', reason: 'ConsentMissing' });
  expect(condition(found, 'Shared')?.message).toContain(command);
  expect(condition(found, 'Shared')?.message).not.toContain(friend);
  expect(await isClear(stranger)).toBe(true);
  await eventually('the Event', async () =>
    (await kubectl(['get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].message}'])).includes(
      command,
    ),
  );
  await apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: stranger, name: `${name}-ca` },
    data: { 'ca.crt': 'not yours' },
  });
  // To do what the sentence says helps, but for what is somebody else's under that name.
  await kubectl(command.split(' ').slice(1));
  await eventually('the Secret', () => exists('secret', stranger, 'pull'));
  await eventually('attachment', async () => String(await attached(stranger)) === 'pull');
  await eventually('the reason', async () => {
    const { reason, message } = condition(await get('registry', namespace, name), 'Shared') ?? {};
    return reason === 'NameTaken' && message?.includes(`${name}-ca`);
  });
  expect(at(await get('configmap', stranger, `${name}-ca`), 'data')).toEqual({ 'ca.crt': 'not yours' });
  await kubectl(['delete', 'configmap', `${name}-ca`, '-n', stranger]);
  await apply(registryObject({ namespace, name, spec: { ...spec, podAnnotations: {} } }));
  await eventually('both', () => isServed(stranger), { timeoutMs: 45_000 });
  await waitForCondition(registry, 'Shared');
});

test('A7: consent withdrawn: all that was made there goes, and what was there before stays', async () => {
  const began = Date.now();
  await kubectl(['label', 'namespace', friend, `${consent}-`]);
  await eventually('removal', () => isClear(friend), { everyMs: 50 });
  console.info(`withdrawn ${Date.now() - began} ms after consent`);
  expect(await attached(friend)).toEqual(['mine']);
  await kubectl(['label', 'namespace', friend, `${consent}=true`]);
  await eventually('return', () => isServed(friend));
  expect(await attached(friend)).toEqual(['mine', 'pull']);
});

test('A7, A11: another port reaches the pull secrets', async () => {
  await apply(
    registryObject({ namespace, name, spec: { ...spec, service: { type: 'NodePort', port: 8443 } } }),
  );
  await eventually('the port in the cluster', async () =>
    Object.keys(await loginsIn(friend)).includes(`${name}.${namespace}.svc:8443`),
  );
  const { host } = await accessOf(namespace, name);
  expect(Object.keys(await loginsIn(friend))).toContain(host);
});

test('A7: what is drawn away or taken out by hand comes back', async () => {
  await kubectl(['delete', 'secret', 'pull', '-n', friend]);
  await kubectl([
    'patch',
    'serviceaccount',
    'default',
    '-n',
    friend,
    '--type=merge',
    '-p',
    '{"imagePullSecrets":[{"name":"mine"},{"name":"more"}]}',
  ]);
  await eventually('return', () => isServed(friend));
  expect(await attached(friend)).toEqual(['mine', 'more', 'pull']);
});

test('A7: an entry removed, and then the Registry deleted: nothing of ours stays anywhere', async () => {
  const [first] = spec.pullSecrets;
  await apply(registryObject({ namespace, name, spec: { ...spec, pullSecrets: [first] } }));
  await eventually('removal of the entry', async () => !(await exists('secret', friend, 'pull')));
  await eventually('detachment', async () => String(await attached(friend)) === 'mine,more');
  expect(await exists('configmap', friend, `${name}-ca`)).toBe(true);
  await apply(registryObject({ namespace, name, spec }));
  await eventually('return', () => isServed(friend));
  await kubectl(['delete', 'registry', name, '-n', namespace]);
  for (const where of names) await eventually(`nothing in ${where}`, () => isClear(where));
  expect(await attached(friend)).toEqual(['mine', 'more']);
  await eventually('nothing at home', async () => !(await exists('secret', namespace, 'own-pull')));
});
