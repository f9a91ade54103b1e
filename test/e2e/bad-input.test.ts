import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, type CommandResult } from '../support/command.ts';
import { apply, createNamespace, deleteNamespace, tryKubectl } from '../support/kubernetes.ts';
import { registryObject } from '../support/registries.ts';

const namespace = 'e2e-input';
const folder = mkdtempSync(join(tmpdir(), 'wharfinger-input-'));

beforeAll(() => createNamespace(namespace));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await deleteNamespace(namespace);
});

async function refused(spec: Record<string, unknown>, name = 'bad'): Promise<string> {
  const object = registryObject({ namespace, name, spec });
  const result = await tryKubectl(['apply', '-f', '-'], JSON.stringify(object));
  expect(result.status, result.stdout).not.toBe(0);
  return result.stderr;
}

test('two TLS sources are refused by the API server, which names the field', async () => {
  const message = await refused({ tls: { selfSigned: {}, secretName: 'mine' } });
  expect(message).toContain('spec.tls');
  expect(message).toMatch(/exactly one/);
});

test('an invalid hostname is refused by the API server', async () => {
  expect(await refused({ hostname: 'not a host/name' })).toContain('spec.hostname');
});

test('two replicas on a volume that cannot be shared are refused', async () => {
  expect(await refused({ replicas: 2 })).toMatch(/spec.*ReadWriteMany/s);
});

test('a shrinking volume is refused', async () => {
  const storage = (size: string): Record<string, unknown> => ({
    storage: { filesystem: { volume: { size } } },
  });
  await apply(registryObject({ namespace, name: 'shrinking', spec: { ...storage('2Gi'), replicas: 0 } }));
  expect(await refused({ ...storage('1Gi'), replicas: 0 }, 'shrinking')).toMatch(/size.*(shrink|grow)/s);
});

test('the spec of a GarbageCollection cannot change', async () => {
  const run = (deleteUntagged: boolean): object => ({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: 'fixed' },
    spec: { registryRef: { name: 'nowhere' }, deleteUntagged },
  });
  await apply(run(true));
  const result = await tryKubectl(['apply', '-f', '-'], JSON.stringify(run(false)));
  expect(result.status).not.toBe(0);
  expect(result.stderr).toMatch(/spec.*cannot change/);
});

async function serve(config: string): Promise<CommandResult> {
  const file = join(folder, 'config.yml');
  writeFileSync(file, config);
  return execute(['npm', 'exec', '--', 'registry', 'serve', file], { timeoutMs: 30_000 });
}

test('a broken config.yml is refused with every problem named by its path', async () => {
  const result = await serve(
    'version: 0.1\nstorage:\n  filesystem: {rootdirectroy: /tmp/x}\nhttp: {addr: 5}\n',
  );
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('storage.filesystem.rootdirectroy');
  expect(result.stderr).toContain('http.addr');
});

test('an htpasswd line that is not bcrypt is reported with its number and never with its content', async () => {
  const secret = 'dXNlcjpzZWNyZXQ';
  writeFileSync(join(folder, 'htpasswd'), `ok:$2y$05$abcdefghijklmnopqrstuu\nold:{SHA}${secret}\n`);
  const config = [
    'version: 0.1',
    `storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}}`,
    `auth: {htpasswd: {realm: r, path: ${join(folder, 'htpasswd')}}}`,
    'http: {addr: "127.0.0.1:0"}',
  ].join('\n');
  writeFileSync(join(folder, 'config.yml'), config);
  const result = await execute(
    [
      'timeout',
      '--signal=TERM',
      '5',
      'node',
      'registry-image/src/main.ts',
      'serve',
      join(folder, 'config.yml'),
    ],
    { timeoutMs: 30_000 },
  );
  const output = result.stdout + result.stderr;
  expect(output).toMatch(/line 2/);
  expect(output).toMatch(/bcrypt/);
  expect(output).not.toContain(secret);
});
