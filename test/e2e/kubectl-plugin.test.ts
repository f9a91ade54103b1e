import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { packPlugin } from '@wharfinger/embedded/plugin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, words, type CommandResult } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { image, multiArch, randomLayer } from '../support/image.ts';
import {
  at,
  apply,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  waitForCondition,
} from '../support/kubernetes.ts';
import { expectStatus, type RegistryClient } from '../support/registry-client.ts';
import { clientOf, createRegistry, registryObject } from '../support/registries.ts';
import { started } from '../support/started.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

const namespace = 'e2e-plugin';
const name = 'store';
const app = 'team/app';
const directory = mkdtempSync(join(tmpdir(), 'kubectl-plugin-'));

let client: RegistryClient;

beforeAll(async () => {
  // As users have it: the packed program, under the name by which kubectl finds it on the PATH.
  const { program } = await packPlugin(join(directory, 'packed'));
  symlinkSync(program, join(directory, 'kubectl-registry'));
  await createNamespace(namespace);
  await createRegistry({ namespace, name });
  client = await clientOf(namespace, name);
});
afterAll(async () => {
  client.close();
  rmSync(directory, { recursive: true });
  await deleteNamespace(namespace);
});

/** Runs `kubectl registry` with these arguments; a password in what it prints fails the test. */
async function plugin(
  parts: TemplateStringsArray,
  ...values: (string | readonly string[])[]
): Promise<CommandResult> {
  const args = words(parts, ...values);
  const where = args.length === 0 ? [] : ['-n', namespace];
  const result = await execute([binaryPath('kubectl'), 'registry', ...args, ...where], {
    env: { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}`, KUBECONFIG: started().kubeconfig },
  });
  expect(`${result.stdout}${result.stderr}`).not.toContain(client.access.password);
  return result;
}

function failed(message: string | RegExp): unknown {
  const stderr =
    typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message);
  return { status: 1, stdout: '', stderr: stderr as unknown };
}

async function statusOf(method: string, path: string): Promise<number> {
  return (await client.call(method, path)).status;
}

test('C11: without arguments it prints the usage', async () => {
  const { status, stdout, stderr } = await plugin``;
  expect([status, stdout]).toEqual([2, '']);
  for (const command of ['view', 'tags', 'delete', 'gc', 'read-only', 'restart', 'purge']) {
    expect(stderr).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
  expect(await plugin`push`).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('no command push') as unknown,
  });
  expect(await plugin`view -r nowhere`).toEqual(
    failed(`no Registry nowhere in the namespace ${namespace}, only store`),
  );
});

test('C11: view and tags show what is there, and an unknown image is an error', async () => {
  const [one, two] = [image([randomLayer()]), image([randomLayer()])];
  await client.push(app, 'v1', one);
  await client.push(app, 'v2', two);
  await client.push('other', 'v1', one);
  expect(await plugin`view`).toEqual({
    status: 0,
    stdout: 'REPOSITORY   TAGS\nother        1\nteam/app     2\n',
    stderr: '',
  });
  const { stdout } = await plugin`tags ${app} -o json`;
  expect(JSON.parse(stdout)).toEqual([
    { tag: 'v1', digest: one.manifest.digest },
    { tag: 'v2', digest: two.manifest.digest },
  ]);
  expect(await plugin`tags ${app}`).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(two.manifest.digest) as unknown,
  });
  expect(await plugin`tags unknown`).toEqual(failed(/^error: Registry store has no image unknown; .*\n$/));
});

test('C11: delete lists other tags first, keeps what is shared, and collects', async () => {
  const shared = randomLayer(100_000);
  const kept = image([shared, randomLayer()]);
  const doomed = image([shared, randomLayer(200_000)]);
  await client.push(app, 'kept', kept);
  await client.push(app, 'doomed', doomed);
  await client.push(app, 'doomed-too', doomed);

  expect(await plugin`delete unknown v1`).toEqual(failed('no image unknown'));
  expect(await plugin`delete ${app} unknown`).toEqual(failed(`${app} has no tag or digest unknown`));
  const refused = await plugin`delete ${app} doomed --gc`;
  expect(refused).toEqual(failed('tagged too, and deleted with it: doomed-too'));
  expect(refused.stderr).toContain('--yes');
  await client.pull(app, 'doomed-too', doomed);

  const done = await plugin`delete ${app} doomed --gc --yes`;
  expect(done).toMatchObject({ status: 0 });
  expect(done.stdout).toContain(`deleted ${app}@${doomed.manifest.digest} (doomed, doomed-too)\n`);
  expect(done.stdout).toMatch(/blobs? and \d+ manifests? deleted/);
  for (const step of [
    'Queued',
    'Marking',
    'EnteringReadOnly',
    'Sweeping',
    'Restarting',
    'RestoringWrites',
    'Confirming',
  ]) {
    expect(done.stderr).toMatch(new RegExp(`^\\[ *[\\d.]+s\\] ${step}( |$)`, 'm'));
  }
  for (const reference of ['doomed', 'doomed-too', doomed.manifest.digest]) {
    expect(await statusOf('GET', `/v2/${app}/manifests/${reference}`)).toBe(404);
  }
  const left = await blobsIn(await volumePath(namespace, name));
  const gone = [doomed.manifest, doomed.config, doomed.layers[1]].map((one) => one?.digest ?? '');
  expect(left.filter((digest) => gone.includes(digest))).toEqual([]);
  await client.pull(app, 'kept', kept);
  // A stale cache would say that the layer is there already.
  await client.push(app, 'doomed', doomed);
  await client.pull(app, 'doomed', doomed);
});

test('C11: the last tag of an image takes it out of the catalog, and a part of an index asks first', async () => {
  const only = image([randomLayer()]);
  await client.push('single', 'v1', only);
  const done = await plugin`delete single v1 --gc`;
  expect(done).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('single is gone from the catalog') as unknown,
  });
  expect((await plugin`view`).stdout).not.toContain('single');
  const index = multiArch(['amd64', 'arm64']);
  await client.pushIndex(app, 'multi', index);
  const part = index.images[0]?.manifest.digest ?? '';
  expect(await plugin`delete ${app} ${part}`).toEqual(failed('missing there afterwards: multi'));
  expect(await statusOf('GET', `/v2/${app}/manifests/${part}`)).toBe(200);
});

test('C11: gc follows a run, prints the plan of a dry run, and quotes what the API server refuses', async () => {
  const doomed = image([randomLayer()]);
  await client.push(app, 'untagged', doomed);
  await client.push(app, 'untagged', image([randomLayer()]));
  const dry = await plugin`gc --dry-run --delete-untagged --min-age 0s`;
  expect(dry).toMatchObject({ status: 0 });
  expect(dry.stdout).toContain(doomed.manifest.digest);
  expect(dry.stdout).toMatch(/Dry run: .* would be deleted/);
  expect(await statusOf('GET', `/v2/${app}/manifests/${doomed.manifest.digest}`)).toBe(200);

  const wet = await plugin`gc --delete-untagged --min-age 0s -o json`;
  expect(wet).toMatchObject({ status: 0 });
  expect(at(JSON.parse(wet.stdout), 'status.phase')).toBe('Succeeded');
  expect(await statusOf('GET', `/v2/${app}/manifests/${doomed.manifest.digest}`)).toBe(404);

  const before = (await list('garbagecollections', namespace)).length;
  expect(await plugin`gc --min-age soon`).toEqual(failed('not a duration; write it as'));
  const left = await plugin`gc --wait=false`;
  const [, created = ''] = /^garbagecollection\.wharfinger\.dev\/(\S+) created\n$/.exec(left.stderr) ?? [];
  expect([left.status, left.stdout, (await list('garbagecollections', namespace)).length]).toEqual([
    0,
    '',
    before + 1,
  ]);
  await waitForCondition({ kind: 'garbagecollections', namespace, name: created }, 'Succeeded');
});

test('C11: read-only on refuses pushes, and off takes them again', async () => {
  expect(await plugin`read-only status`).toMatchObject({ status: 0, stdout: 'store is writable\n' });
  expect(await plugin`read-only on`).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^store is read-only: /) as unknown,
  });
  expect(await statusOf('POST', `/v2/${app}/blobs/uploads/`)).toBe(405);
  expect(await plugin`delete ${app} v1 --yes`).toEqual(failed('(405): UNSUPPORTED'));
  expect(await plugin`read-only off`).toMatchObject({ status: 0, stdout: 'store is writable\n' });
  const upload = expectStatus(await client.call('POST', `/v2/${app}/blobs/uploads/`), 202);
  // An unfinished upload would keep the repository.
  expectStatus(await client.call('DELETE', upload.headers.location ?? ''), 204);
  expect(await plugin`read-only maybe`).toMatchObject({ status: 2 });
});

test('C11: restart replaces the pod once, and the operator leaves it at that', async () => {
  const before = await get('pod', namespace, `${name}-0`);
  expect(await plugin`restart`).toMatchObject({
    status: 0,
    stdout: 'Registry store is restarted, 1 of 1 pods are new, 1 are ready\n',
  });
  const after = await get('pod', namespace, `${name}-0`);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  // What is not as the operator wants it makes it apply the StatefulSet again.
  const drift = JSON.stringify({ spec: { revisionHistoryLimit: 9 } });
  await kubectl(['patch', 'statefulset', name, '-n', namespace, '--type', 'merge', '-p', drift]);
  const statefulSet = await eventually('the drift repaired', async () => {
    const found = await get('statefulset', namespace, name);
    return at(found, 'spec.revisionHistoryLimit') === 3 && found;
  });
  const annotations = at(statefulSet, 'spec.template.metadata.annotations') as Record<string, string>;
  expect(Object.keys(annotations)).toContain('kubectl.kubernetes.io/restartedAt');
  expect((await get('pod', namespace, `${name}-0`)).metadata.uid).toBe(after.metadata.uid);
  await eventually('an answer', async () => (await statusOf('GET', `/v2/${app}/tags/list`)) === 200);
});

test('C11: a registry without TLS and users, beside another one', async () => {
  const spec = { tls: { disabled: true }, auth: undefined };
  await apply(registryObject({ namespace, name: 'plain', spec }));
  await waitForCondition({ kind: 'registry', namespace, name: 'plain' }, 'Ready');
  expect(await plugin`view`).toEqual(failed(/has several Registries, plain, store; name one with -r\n$/));
  expect(await plugin`view -r plain`).toEqual({ status: 0, stdout: '', stderr: 'no repositories\n' });
  expect(await plugin`view -r plain -o json`).toMatchObject({ status: 0, stdout: '[]\n' });
});

test('C13: purge empties a registry, and what is pushed again can be pulled', async () => {
  const one = image([randomLayer()]);
  await client.push(app, 'again', one);
  expect(await plugin`purge ${name}`).toMatchObject({ status: 2, stdout: '' });
  await client.pull(app, 'again', one);
  const done = await plugin`purge ${name} --yes-delete-everything`;
  expect(done).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/Registry store is empty\.\n$/) as unknown,
  });
  const catalog = expectStatus(await client.call('GET', '/v2/_catalog'), 200);
  expect(JSON.parse(catalog.body.toString())).toEqual({ repositories: [] });
  expect(await blobsIn(await volumePath(namespace, name))).toEqual([]);
  await client.push(app, 'again', one);
  await client.pull(app, 'again', one);
  expect((await plugin`view -r ${name}`).stdout).toBe('REPOSITORY   TAGS\nteam/app     1\n');
});
