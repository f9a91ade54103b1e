import { expect, test } from 'vitest';
import { createTestSession, testSecret, type TestSession } from '../session-fixture.ts';
import { type Credential, loginsOf } from './credentials.ts';

function sessionWith(auth: object | undefined): TestSession {
  const session = createTestSession({ spec: auth && { auth: { htpasswd: auth } } });
  session.memory.put('secrets', testSecret('store-user-ci', { username: 'ci', password: 'one' }));
  session.memory.put('secrets', testSecret('mine', { secret: 'two' }));
  return session;
}

async function read({ cluster, registry }: TestSession, secretName?: string): Promise<unknown[]> {
  const found: (Credential | undefined)[] = [];
  for (const login of loginsOf(cluster, registry, secretName)) found.push(await login());
  return found;
}

test('the users of a Registry in their order, from generated Secrets and their own', async () => {
  const users = [
    { name: 'lost' },
    { name: 'ci' },
    { name: 'alice', passwordSecretRef: { name: 'mine', key: 'secret' } },
  ];
  expect(await read(sessionWith({ users }))).toEqual([
    undefined,
    { username: 'ci', password: 'one' },
    { username: 'alice', password: 'two' },
  ]);
});

test('nobody for a Registry without users', async () => {
  expect(await read(sessionWith(undefined))).toEqual([]);
});

test('the Secret that was asked for, before all others', async () => {
  const session = sessionWith({ users: [{ name: 'lost' }] });
  expect(await read(session, 'store-user-ci')).toEqual([{ username: 'ci', password: 'one' }]);
  await expect(read(session, 'mine')).rejects.toThrow(
    'there is no Secret mine with username and password in ns',
  );
});

test('a file of hashes holds no password', async () => {
  await expect(read(sessionWith({ secretName: 'hashes' }))).rejects.toThrow(
    'Secret hashes has only hashes of the passwords of Registry store; give --credentials SECRET',
  );
});
