import { readFileSync } from 'node:fs';
import { describeImages } from '@wharfinger/embedded/images';
import { afterAll, expect, test } from 'vitest';
import { execute, must, type CommandResult } from '../support/command.ts';
import { image, randomLayer } from '../support/image.ts';
import { kubectl } from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { started, type Started } from '../support/started.ts';

async function start(...args: string[]): Promise<CommandResult> {
  const env = { KUBECONFIG: started().kubeconfig };
  return execute(['npm', 'start', '--silent', '--', ...args], { env, timeoutMs: 180_000 });
}

function jsonOf({ stdout }: CommandResult): Started {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Started;
}

/** Pushes and pulls as the printed user, trusting the printed CA file alone. */
async function proves({ registry }: Started): Promise<void> {
  const [ca, password] = [registry.caFile, registry.passwordFile].map((file) =>
    readFileSync(file, 'utf8').trim(),
  );
  const access = { host: registry.host, ca: ca ?? '', username: registry.username, password: password ?? '' };
  const client = new RegistryClient(access);
  const one = image([randomLayer()]);
  await client.push('proof/again', 'v1', one);
  await client.pull('proof/again', 'v1', one);
  client.close();
}

// What a --context run changed at the example is put back for whoever uses the cluster next.
afterAll(() => start());

test('what npm start printed works', async () => {
  await proves(started());
  expect(Object.keys(started().registry)).toEqual([
    'namespace',
    'name',
    'url',
    'host',
    'caFile',
    'username',
    'passwordFile',
  ]);
});

test('a second npm start is quick, prints the same JSON and keeps the password', async () => {
  const password = readFileSync(started().registry.passwordFile, 'utf8');
  const began = Date.now();
  const again = await start('--json');
  const seconds = (Date.now() - began) / 1000;
  console.info(`second npm start: ${seconds.toFixed(1)} s`);
  expect(again.status, again.stderr).toBe(0);
  expect(jsonOf(again)).toEqual(started());
  expect(readFileSync(started().registry.passwordFile, 'utf8')).toBe(password);
  expect(seconds).toBeLessThan(30);
});

test('without --json it prints how to log in, push, pull, collect and stop', async () => {
  const { stdout, status } = await start();
  expect(status).toBe(0);
  const { kubeconfig, registry } = started();
  for (const text of [
    kubeconfig,
    registry.url,
    registry.caFile,
    registry.passwordFile,
    'podman login',
    'npm stop',
  ]) {
    expect(stdout).toContain(text);
  }
  const example = /kubectl create --filename (\S+)/.exec(stdout)?.[1] ?? '';
  await kubectl(['create', '--dry-run=server', '--filename', example]);
});

test('npm start -- --context works on the cluster of a kubeconfig', async () => {
  const context = (await kubectl(['config', 'current-context'])).trim();
  const { operator, registry } = await describeImages();
  const images = ['--image', operator.reference, '--registry-image', registry.reference];
  const result = await start('--context', context, '--json', ...images);
  expect(result.status, result.stderr).toBe(0);
  await proves(jsonOf(result));
  const env = { KUBECONFIG: started().kubeconfig };
  await must(['npm', 'run', '--silent', 'stop', '--', '--context', context], { env });
  await expect(proves(jsonOf(result))).rejects.toThrow();
});

test('bad arguments are a usage error', async () => {
  const result = await start('--contxt', 'x');
  expect(result.status).toBe(2);
  expect(result.stderr).toContain('--contxt');
  const missing = await start('--context', 'nowhere');
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain('no context nowhere');
});
