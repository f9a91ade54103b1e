import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { as, htpasswd, rules, yamlOf } from '../../../registry-image/src/http/access-rules-fixture.ts';
import { startServer, type TestServer } from '../../../registry-image/src/http/test-server.ts';
import {
  blobDataPath,
  revisionLinkPath,
  tagCurrentLinkPath,
} from '../../../registry-image/src/storage/paths.ts';
import { endNextRun } from '../collection/run-fixture.ts';
import type { Flags } from '../command-line/flags.ts';
import { createTestSession, testSecret, type TestSession } from '../session-fixture.ts';
import { deleteImage } from './delete.ts';
import { purge } from './purge.ts';
import { tags } from './tags.ts';
import { view } from './view.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const dockerType = 'application/vnd.docker.distribution.manifest.v2+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

function sessionOn(
  { url }: TestServer,
  flags: Flags = {},
  more: { spec?: object; agrees?: boolean } = {},
): TestSession {
  return createTestSession({ port: Number(new URL(url).port), flags, ...more });
}

async function statusOf(server: TestServer, path: string): Promise<number> {
  return (await server.request('GET', path, { headers: { Accept: manifestType } })).status;
}

/** `team/app` with v1, v2 and latest (the same manifest), whose layers share one with `other`. */
async function startWithImages(yaml?: string): Promise<TestServer> {
  const server = await startServer({ yaml });
  await server.pushImage('team/app', 'v1', 'shared layer');
  await server.pushImage('other', 'v1', 'shared layer', { annotations: { of: 'other' } });
  await server.pushImage('team/app', 'v2', 'layer of v2');
  await server.pushImage('team/app', 'latest', 'layer of v2');
  return server;
}

test('view lists the repositories with the number of their tags, over all pages', async () => {
  const server = await startWithImages('catalog: {maxentries: 2}\nstorage: {delete: {enabled: true}}');
  for (const name of ['a', 'b', 'z']) await server.pushImage(name, 'v1', 'x');
  const session = sessionOn(server);
  await view(session);
  expect(session.results).toEqual([
    'REPOSITORY   TAGS\na            1\nb            1\nother        1\nteam/app     3\nz            1',
  ]);
  const json = sessionOn(server, { output: 'json' });
  await view(json);
  expect(JSON.parse(json.results.join(''))).toContainEqual({ repository: 'team/app', tags: 3 });
});

test('view of an empty registry says so, and its JSON is an empty list', async () => {
  const server = await startServer();
  const [session, json] = [sessionOn(server), sessionOn(server, { output: 'json' })];
  await view(session);
  await view(json);
  expect([session.results, session.lines, json.results]).toEqual([[], ['no repositories'], ['[]']]);
});

test('tags lists the tags with their digests', async () => {
  const server = await startWithImages('tags: {maxtags: 2}\nstorage: {delete: {enabled: true}}');
  const { digest } = await server.pushImage('team/app', 'v1', 'shared layer');
  const session = sessionOn(server, { output: 'json' });
  await tags(session, ['team/app']);
  const found = JSON.parse(session.results.join('')) as { tag: string; digest: string }[];
  expect(found.map(({ tag }) => tag)).toEqual(['latest', 'v1', 'v2']);
  expect(found[1]?.digest).toBe(digest);
  expect(found[0]?.digest).toBe(found[2]?.digest);
});

test('tags tells the digests of Docker images as they are stored, not as schema 1', async () => {
  const server = await startServer();
  const text = JSON.stringify({
    architecture: 'amd64',
    rootfs: { diff_ids: ['layer'] },
    history: [{ created_by: 'ADD' }],
  });
  const [config, layer] = [await server.pushBlob('a', text), await server.pushBlob('a', 'layer')];
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: dockerType,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: config,
      size: text.length,
    },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: layer, size: 5 }],
  });
  const headers = { 'Content-Type': dockerType };
  const pushed = await server.request('PUT', '/v2/a/manifests/v1', { body, headers });
  const session = sessionOn(server, { output: 'json' });
  await tags(session, ['a']);
  const digest = pushed.headers.get('docker-content-digest');
  expect(JSON.parse(session.results.join(''))).toEqual([{ tag: 'v1', digest }]);
  const converted = await server.request('HEAD', '/v2/a/manifests/v1');
  expect(converted.headers.get('docker-content-digest')).not.toBe(digest);
});

test('tags of an unknown image is an error of one sentence', async () => {
  const session = sessionOn(await startWithImages());
  await expect(tags(session, ['team/ap'])).rejects.toThrow(
    /^Registry store has no image team\/ap; kubectl registry view lists those it has$/,
  );
  await expect(tags(session, ['Not a name'])).rejects.toThrow(
    /^the registry refused to list the tags.*NAME_INVALID/,
  );
  expect(session.results).toEqual([]);
});

test('delete removes what it is told to, and layers that others share stay', async () => {
  const server = await startWithImages();
  const { digest, layer } = await server.pushImage('team/app', 'v1', 'shared layer');
  const session = sessionOn(server);
  await deleteImage(session, ['team/app', 'v1']);
  expect(session.lines).toEqual([`team/app:v1 is ${digest}`]);
  expect(session.results).toEqual([`deleted team/app@${digest} (v1)`]);
  expect(await statusOf(server, `/v2/team/app/manifests/${digest}`)).toBe(404);
  expect(await statusOf(server, '/v2/team/app/manifests/v2')).toBe(200);
  expect(await statusOf(server, '/v2/other/manifests/v1')).toBe(200);
  expect(await statusOf(server, `/v2/other/blobs/${layer}`)).toBe(200);
});

test('delete of an unknown image or reference is an error, and deletes nothing', async () => {
  const server = await startWithImages();
  const session = sessionOn(server, { yes: true });
  await expect(deleteImage(session, ['nothing', 'v1'])).rejects.toThrow(
    'Registry store has no image nothing',
  );
  for (const reference of ['v9', `sha256:${'0'.repeat(64)}`, '../../other/manifests/v1']) {
    await expect(deleteImage(session, ['team/app', reference])).rejects.toThrow(
      `team/app has no tag or digest ${reference}; kubectl registry tags team/app lists its tags`,
    );
  }
  expect(await statusOf(server, '/v2/team/app/manifests/v1')).toBe(200);
  expect(await statusOf(server, '/v2/other/manifests/v1')).toBe(200);
});

test('delete tells other tags first: it asks, refuses without a terminal, and obeys --yes', async () => {
  const server = await startWithImages();
  const told = 'tagged too, and deleted with it: latest';
  const alone = sessionOn(server);
  await expect(deleteImage(alone, ['team/app', 'v2'])).rejects.toThrow('add --yes to delete it all');
  expect(alone.lines[1]).toBe(told);
  const unsure = sessionOn(server, {}, { agrees: false });
  await expect(deleteImage(unsure, ['team/app', 'v2'])).rejects.toThrow('nothing was deleted');
  expect(unsure.questions).toEqual(['Delete it?']);
  expect(await statusOf(server, '/v2/team/app/manifests/latest')).toBe(200);
  const sure = sessionOn(server, { yes: true });
  await deleteImage(sure, ['team/app', 'v2']);
  expect([sure.lines[1], sure.questions]).toEqual([told, []]);
  expect(await statusOf(server, '/v2/team/app/manifests/latest')).toBe(404);
  const agreed = sessionOn(server, {}, { agrees: true });
  const { digest } = await server.pushImage('team/app', 'v3', 'layer of v3');
  await deleteImage(agreed, ['team/app', digest]);
  expect(agreed.results).toEqual([`deleted team/app@${digest} (v3)`]);
});

test('delete of a part of an index asks too', async () => {
  const server = await startWithImages();
  const { digest } = await server.pushImage('team/app', 'v1', 'shared layer');
  const manifests = [{ mediaType: manifestType, digest, size: 1 }];
  const body = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
  await server.request('PUT', '/v2/team/app/manifests/multi', {
    body,
    headers: { 'Content-Type': indexType },
  });
  const session = sessionOn(server);
  await expect(deleteImage(session, ['team/app', 'v1'])).rejects.toThrow('add --yes');
  expect(session.lines[1]).toBe('listed by an index, and missing there afterwards: multi');
});

test('delete --gc collects manifests without a tag too, and tells when the image is gone', async () => {
  const server = await startServer();
  await server.pushImage('team/app', 'v1', 'layer');
  const session = sessionOn(server, { gc: true });
  const running = deleteImage(session, ['team/app', 'v1']);
  const { spec } = await endNextRun(session.memory, { phase: 'Succeeded', message: 'Freed 5 B.' });
  // Stands for the sweep, which removes repositories without a tag.
  await server.driver.delete('/docker/registry/v2/repositories/team');
  await running;
  expect(spec).toEqual({ registryRef: { name: 'store' }, deleteUntagged: true });
  expect(session.results.slice(1)).toEqual(['Freed 5 B.', 'team/app is gone from the catalog']);
  await expect(deleteImage(sessionOn(server, { timeout: '1s' }), ['a', 'b'])).rejects.toThrow(
    '--timeout goes with --gc',
  );
});

test('a registry that refuses deletions is quoted', async () => {
  const off = await startWithImages('storage: {delete: {enabled: false}}');
  await expect(deleteImage(sessionOn(off), ['team/app', 'v1'])).rejects.toThrow(
    /^the registry refused to delete team\/app@sha256:\w+ \(405\): UNSUPPORTED: .*deletion is switched off/,
  );
});

test('the first user who may is the one who does', async () => {
  const server = await startServer({ yaml: yamlOf(rules), htpasswd });
  const push = async (method: string, path: string, body: string, type: string): Promise<Response> =>
    server.request(method, path, { body, headers: { ...as('admin').headers, 'Content-Type': type } });
  const config = '{}';
  const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  await push('POST', `/v2/build/a/blobs/uploads/?digest=${digest}`, config, 'application/octet-stream');
  const described = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: described,
    layers: [],
  });
  expect((await push('PUT', '/v2/build/a/manifests/v1', manifest, manifestType)).status).toBe(201);
  const users = [{ name: 'gone' }, { name: 'ci' }, { name: 'dev' }, { name: 'admin' }];
  const spec = { auth: { htpasswd: { users } } };
  const withSecrets = (session: TestSession, names: readonly string[]): TestSession => {
    for (const name of names) {
      session.memory.put('secrets', testSecret(`store-user-${name}`, { username: name, password: 'secret' }));
    }
    return session;
  };
  const onlyCi = withSecrets(sessionOn(server, {}, { spec }), ['ci']);
  await expect(deleteImage(onlyCi, ['build/a', 'v1'])).rejects.toThrow('give --credentials SECRET');
  const all = withSecrets(sessionOn(server, {}, { spec }), ['ci', 'dev', 'admin']);
  await deleteImage(all, ['build/a', 'v1']);
  expect(all.results[0]).toMatch(/^deleted build\/a@sha256:/);
  const deletion = server.log.findLast((line) => JSON.stringify(line).includes('DELETE'));
  expect(JSON.stringify(deletion)).toContain('dev');
});

test('purge deletes all that has a tag and collects the rest at once', async () => {
  const server = await startWithImages();
  const unsure = sessionOn(server);
  await expect(purge(unsure)).rejects.toThrow('add --yes-delete-everything');
  expect(unsure.memory.writes).toEqual([]);
  const session = sessionOn(server, { 'yes-delete-everything': true });
  const running = purge(session);
  const { spec } = await endNextRun(session.memory, { phase: 'Succeeded', message: 'Freed 5 B.' });
  for (const path of ['team/app/tags/list', 'other/tags/list']) {
    const answer = await server.request('GET', `/v2/${path}`);
    expect(await answer.json()).toMatchObject({ tags: [] });
  }
  await server.driver.delete('/docker/registry/v2/repositories');
  await running;
  expect(spec).toEqual({
    registryRef: { name: 'store' },
    deleteUntagged: true,
    minAge: '0s',
    undoFor: '0s',
  });
  expect(session.lines.slice(0, 2)).toEqual([
    'deleted 1 manifest of other',
    'deleted 2 manifests of team/app',
  ]);
  expect(session.results).toEqual(['Freed 5 B. Registry store is empty.']);
});

test("an index of nothing, as Go writes it, stands in nobody's way", async () => {
  const server = await startWithImages();
  const content = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: null });
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const { driver } = server;
  await driver.putContent(blobDataPath(digest), content);
  await driver.putContent(revisionLinkPath('team/app', digest), digest);
  await driver.putContent(tagCurrentLinkPath('team/app', 'nothing'), digest);
  const session = sessionOn(server);
  await deleteImage(session, ['team/app', 'v1']);
  expect(session.results).toHaveLength(1);
});

test('purge takes a tag whose manifest is lost', async () => {
  const server = await startWithImages();
  await server.driver.putContent(tagCurrentLinkPath('other', 'lost'), `sha256:${'0'.repeat(64)}`);
  const session = sessionOn(server, { 'yes-delete-everything': true });
  const running = purge(session);
  await endNextRun(session.memory, { phase: 'Succeeded', message: 'Freed 5 B.' });
  await running;
  expect(session.lines[0]).toBe('deleted 2 manifests of other');
  const answer = await server.request('GET', '/v2/other/tags/list');
  expect(await answer.json()).toMatchObject({ tags: [] });
});

test('purge says what is left', async () => {
  const server = await startWithImages();
  const session = sessionOn(server, { 'yes-delete-everything': true });
  const running = purge(session);
  await endNextRun(session.memory, { phase: 'Succeeded', message: 'Freed 5 B.' });
  await running;
  expect(session.results).toEqual([
    'Freed 5 B. Registry store has no image; unfinished uploads keep a place in the catalog for other, team/app.',
  ]);
  const again = sessionOn(server, { 'yes-delete-everything': true });
  const failing = expect(purge(again)).rejects.toThrow(
    'Registry store has images again: team/app; stop the pushes',
  );
  await expect.poll(() => again.lines.length).toBe(3);
  await server.pushImage('team/app', 'v1', 'layer');
  await endNextRun(again.memory, { phase: 'Succeeded', message: 'Freed 5 B.' });
  await failing;
});
