import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { packPlugin } from '@wharfinger/embedded/plugin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, type CommandResult } from '../support/command.ts';
import { createDiskClass, removeVolume, volumeOf } from '../support/disks.ts';
import { image, indexType, manifestType, multiArch, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  get,
  kubectl,
  secretValue,
  waitForCondition,
} from '../support/kubernetes.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';
import { expectStatus, RegistryClient, type Access } from '../support/registry-client.ts';
import { started } from '../support/started.ts';
import { pushing } from '../support/traffic.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

const namespace = 'e2e-backup';
const name = 'store';
const claim = { namespace, name: 'safe' };
const storageClassName = 'e2e-backup';
const volume = { name: 'e2e-backup', capacity: '5Gi', claim, storageClassName };
const directory = mkdtempSync(join(tmpdir(), 'wharfinger-backup-'));
const file = join(directory, 'objects.json');
const safe = join(directory, 'safe');

const tagged = image([randomLayer(200_000), randomLayer()]);
const untagged = image([randomLayer(100_000)]);
const platforms = multiArch(['amd64', 'arm64']);

beforeAll(async () => {
  const { program } = await packPlugin(join(directory, 'packed'));
  symlinkSync(program, join(directory, 'kubectl-registry'));
  mkdirSync(safe);
  await createDiskClass(storageClassName, false);
  await begin();
});
afterAll(async () => {
  await end();
  await removeVolume(volume.name);
  await kubectl(['delete', 'storageclass', storageClassName, '--ignore-not-found']);
  rmSync(directory, { recursive: true });
});

/** The namespace, with a claim for a volume that outlives it. */
async function begin(): Promise<void> {
  await createNamespace(namespace);
  await apply(volumeOf(volume, { local: { path: safe } }));
  await apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: claim,
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '5Gi' } } },
  });
}

async function end(): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=180s']);
}

let secretsSeen: string[] = [];

/** Runs `kubectl registry`; a password in what it prints fails the test. */
async function plugin(...args: string[]): Promise<CommandResult> {
  const result = await execute([binaryPath('kubectl'), 'registry', ...args, '-n', namespace], {
    env: { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}`, KUBECONFIG: started().kubeconfig },
    timeoutMs: 180_000,
  });
  for (const secret of secretsSeen) expect(`${result.stdout}${result.stderr}`).not.toContain(secret);
  return result;
}

async function succeeds(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await plugin(...args);
  expect(status, stderr).toBe(0);
  return stdout;
}

const fingerprint = async (): Promise<unknown> =>
  at(
    await waitForCondition({ kind: 'registry', namespace, name }, 'Ready', 'True', 120_000),
    'status.certificate.fingerprint',
  );

/** Everything that was pushed, by every way to it. */
async function pullAll(access: Access): Promise<void> {
  const client = new RegistryClient(access);
  await client.pull('team/app', 'v1', tagged);
  await client.pull('other', untagged.manifest.digest, untagged);
  const index = await client.call('GET', '/v2/team/multi/manifests/all', { headers: { Accept: indexType } });
  expect(expectStatus(index, 200).body).toEqual(platforms.index.content);
  for (const one of platforms.images) await client.pull('team/multi', one.manifest.digest, one);
  const head = await client.call('HEAD', '/v2/team/app/manifests/v1', { headers: { Accept: manifestType } });
  expect(head.headers['docker-content-digest']).toBe(tagged.manifest.digest);
  client.close();
}

test('A20: after the namespace was deleted, a restore brings back every digest, user and certificate', async () => {
  const devPassword = 'a password of the team’s own';
  const brought = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'dev-password' },
    stringData: { password: devPassword },
  };
  await apply(brought);
  const users = [{ name: 'ci' }, { name: 'dev', passwordSecretRef: { name: 'dev-password' } }];
  const before = await createRegistry({ namespace, name, spec: { auth: { htpasswd: { users } } } });
  const caKey = await secretValue(namespace, `${name}-ca`, 'tls.key');
  secretsSeen = [before.password, devPassword, caKey];
  const client = new RegistryClient(before);
  await client.push('team/app', 'v1', tagged);
  await client.push('other', untagged.manifest.digest, untagged);
  await client.pushIndex('team/multi', 'all', platforms);
  const certificate = await fingerprint();

  const traffic = pushing(client, 'busy');
  const first = await succeeds('backup', 'safe', file);
  const { failures, operations } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(operations).toBeGreaterThan(10);
  expect(first).toMatch(
    /^snapshot \S+: [34] repositories, 2 tags, \d+ blobs \(\d+ bytes\), \d+ of them copied/,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain(`"${name}-ca"`);
  const second = await succeeds('backup', 'safe', file, '--keep', '1');
  expect(second).toContain(': 4 repositories, 2 tags,');
  const third = await succeeds('backup', 'safe', file, '--keep', '1');
  expect(third).toContain('0 of them copied (0 bytes)');
  const scheduled = await succeeds('backup', 'safe', file, '--keep', '1', '--schedule', '0 3 * * *');
  expect(scheduled).toBe(`CronJob ${name}-backup backs up Registry ${name} at 0 3 * * *\n`);
  await kubectl(['create', 'job', 'now', '-n', namespace, `--from=cronjob/${name}-backup`]);
  await kubectl(['wait', 'job/now', '-n', namespace, '--for=condition=Complete', '--timeout=60s']);
  const blobs = await blobsIn(await volumePath(namespace, name));
  client.close();

  await end();
  await kubectl(['delete', 'pv', volume.name, '--timeout=60s']);
  await begin();
  const restored = await succeeds('restore', 'safe', file);
  expect(restored).toMatch(/^restored snapshot \S+: 4 repositories, 2 tags, /);
  expect(await fingerprint()).toBe(certificate);
  const after = await accessOf(namespace, name);
  expect({ ...after, host: '' }).toEqual({ ...before, host: '' });
  expect(await secretValue(namespace, `${name}-ca`, 'tls.key')).toBe(caKey);
  await pullAll(after);
  const dev = { ...after, username: 'dev', password: devPassword };
  await pullAll(dev);
  expect(await blobsIn(await volumePath(namespace, name))).toEqual(blobs);
  const verified = await kubectl([
    'exec',
    `${name}-0`,
    '-n',
    namespace,
    '--',
    'registry',
    'verify',
    '/etc/docker/registry/config.yml',
  ]);
  expect(verified).toContain('; no damage');
  const owner = at(await get('secret', namespace, `${name}-ca`), 'metadata.ownerReferences[0].uid');
  expect(owner).toBe((await get('registry', namespace, name)).metadata.uid);
}, 300_000);

test('A20: a backup that cannot be made says what to do', async () => {
  expect(await plugin('backup', 'absent', join(directory, 'x.json'))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      'there is no PersistentVolumeClaim absent in the namespace e2e-backup',
    ) as unknown,
  });
  const other = { namespace, name: 'single' };
  const once = { size: '1Gi', accessModes: ['ReadWriteOncePod'] };
  await apply(registryObject({ ...other, spec: { storage: { filesystem: { volume: once } } } }));
  await waitForCondition({ kind: 'registry', ...other }, 'Ready');
  expect(await plugin('backup', 'safe', join(directory, 'x.json'), '-r', 'single')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('ReadWriteOncePod') as unknown,
  });
  expect(await plugin('restore', 'safe', join(directory, 'nothing.json'))).toMatchObject({ status: 1 });
}, 120_000);
