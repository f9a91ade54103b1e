import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { htpasswd } from '../../../registry-image/src/http/access-rules-fixture.ts';
import { makeTestCertificate } from '../../../registry-image/src/tls/test-certificates.ts';
import {
  type RegistryUnderTest,
  startRegistry,
} from '../../../registry-image/src/supervisor/registry-under-test.ts';
import { listRepositories } from './catalog.ts';
import { createRegistryClient, type RegistryClient } from './registry-client.ts';

let registry: RegistryUnderTest;
let dialled = 0;

beforeAll(async () => {
  registry = await startRegistry({
    htpasswd,
    maintenance: { 'registry.json': '{}' },
  });
}, 30_000);
afterAll(() => registry.stop());

function clientFor(options: { hostname?: string; ca?: string; password?: string } = {}): RegistryClient {
  const { hostname = 'localhost', ca = registry.serving['tls.crt'], password = 'secret' } = options;
  return createRegistryClient({
    dial: async () => {
      dialled += 1;
      return createConnection(registry.port, '127.0.0.1');
    },
    hostname,
    trust: { ca },
    logins: [async () => ({ username: 'ci', password })],
  });
}

test('talks to a registry behind TLS and htpasswd, over one connection', async () => {
  const client = clientFor();
  const before = dialled;
  expect(await listRepositories(client)).toEqual([]);
  expect(await listRepositories(client)).toEqual([]);
  expect(dialled - before).toBe(1);
  client.close();
});

test('a certificate of another authority, or for another name, is not believed', async () => {
  for (const [options, reason] of [
    [{ ca: makeTestCertificate('other').certificate }, 'self-signed certificate'],
    [{ hostname: 'registry.example' }, 'registry.example. is not in the cert'],
    [{ hostname: '127.0.0.1' }, '127.0.0.1 is not in the cert'],
  ] as const) {
    const client = clientFor(options);
    await expect(listRepositories(client)).rejects.toThrow(
      new RegExp(`^no trusted TLS connection to ${options.hostname ?? 'localhost'}: .*${reason}`),
    );
    client.close();
  }
});

test('a wrong password is refused without being told', async () => {
  const client = clientFor({ password: 'a wrong one' });
  const failing = listRepositories(client);
  await expect(failing).rejects.toThrow(
    /refused to list its repositories \(401\): UNAUTHORIZED.*--credentials SECRET/,
  );
  await expect(failing).rejects.not.toThrow('a wrong one');
  client.close();
});

test('nothing fails while the serving processes are restarted', async () => {
  const client = clientFor();
  await listRepositories(client);
  const collection = { run: 'r', attempt: 1, restart: 'nonce' };
  registry.mount('maintenance', { 'collection.json': JSON.stringify(collection) });
  const before = dialled;
  const deadline = Date.now() + 15_000;
  // The first round opens the connections that it needs beside the first; more are those in the place of ended ones.
  const isReplaced = async (): Promise<boolean> =>
    dialled > before + 3 && (await registry.state()).restart?.done === true;
  while (!(await isReplaced())) {
    expect(Date.now()).toBeLessThan(deadline);
    expect(await Promise.all([1, 2, 3, 4].map(() => listRepositories(client)))).toEqual([[], [], [], []]);
  }
  client.close();
});
