import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { apply, createNamespace, deleteNamespace, get, secretValue } from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-users';
const name = 'people';

function withUsers(...names: string[]): object {
  const users = names.map((user) => ({ name: user }));
  return registryObject({ namespace, name, spec: { auth: { htpasswd: { users } } } });
}

async function statusFor(username: string, password: string): Promise<number> {
  const client = new RegistryClient({ ...(await accessOf(namespace, name)), username, password });
  const { status } = await client.call('GET', '/v2/');
  client.close();
  return status;
}

beforeAll(async () => {
  await createNamespace(namespace);
  await createRegistry({ namespace, name });
});
afterAll(() => deleteNamespace(namespace));

test('A6: an added user logs in and a removed one is refused within 3 s each, without a restart', async () => {
  const before = await get('pod', namespace, `${name}-0`);
  await apply(withUsers('ci', 'deploy'));
  const added = Date.now();
  const password = await eventually('the generated password', () =>
    secretValue(namespace, `${name}-user-deploy`, 'password'),
  );
  await eventually('login of the new user', async () => (await statusFor('deploy', password)) === 200, {
    everyMs: 50,
  });
  const addedAfter = Date.now() - added;
  await apply(withUsers('ci'));
  const removed = Date.now();
  await eventually('refusal of the removed user', async () => (await statusFor('deploy', password)) === 401, {
    everyMs: 50,
  });
  const removedAfter = Date.now() - removed;
  console.info(`user added in ${addedAfter} ms, removed in ${removedAfter} ms`);
  expect(addedAfter).toBeLessThan(3000);
  expect(removedAfter).toBeLessThan(3000);
  const after = await get('pod', namespace, `${name}-0`);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  const { password: own } = await accessOf(namespace, name);
  expect(await statusFor('ci', own)).toBe(200);
});

test('A6: a wrong password, an unknown user and no user are refused', async () => {
  expect(await statusFor('ci', 'wrong')).toBe(401);
  expect(await statusFor('nobody', 'wrong')).toBe(401);
});

test('A6: a password from the user’s own Secret', async () => {
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'mine' },
    stringData: { password: 'correct horse battery staple' },
  });
  const users = [{ name: 'ci' }, { name: 'own', passwordSecretRef: { name: 'mine' } }];
  await apply(registryObject({ namespace, name, spec: { auth: { htpasswd: { users } } } }));
  await eventually(
    'login with the given password',
    async () => (await statusFor('own', 'correct horse battery staple')) === 200,
  );
});
