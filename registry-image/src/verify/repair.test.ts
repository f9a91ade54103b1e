import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createStoreFixture, type StoreFixture } from '../gc/store-fixture.ts';
import { startServer } from '../http/test-server.ts';
import { digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { verifyOnce } from './verify-fixture.ts';

function makeStore(): StoreFixture {
  const store = createStoreFixture();
  onTestFinished(() => store.dispose());
  return store;
}

it('brings back nothing that a client deleted', async () => {
  const server = await startServer();
  const { digest, layer } = await server.pushImage('team/app', 'v1', 'layer one');
  const child = await server.pushImage('team/app', 'child', 'layer two');
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ mediaType: mediaTypes.ociManifest, digest: child.digest, size: 7 }],
  });
  const headers = { 'Content-Type': mediaTypes.ociIndex };
  await server.request('PUT', '/v2/team/app/manifests/all', { body: index, headers });
  const deleted = [`/v2/team/app/manifests/${child.digest}`, `/v2/team/app/blobs/${layer}`];
  for (const path of deleted) expect((await server.request('DELETE', path)).status).toBe(202);

  const { found } = await verifyOnce(server.rootDirectory, { repair: true });
  for (const path of deleted) expect([path, (await server.request('GET', path)).status]).toEqual([path, 404]);
  expect(found.map(({ kind, digest: of, action }) => `${kind} ${of} ${action}`).sort()).toEqual([
    `layer-link-missing ${layer} left`,
    `revision-link-missing ${child.digest} left`,
  ]);
  expect((await server.request('GET', `/v2/team/app/manifests/${digest}`)).status).toBe(200);
});

it('leaves a blob in the trash that a repository has no link to any more', async () => {
  const store = makeStore();
  const { digest, size } = store.layer('a', 'layer');
  store.image('a', 'one', ['other'], { tag: 'latest' });
  store.manifest('a', { config: { digest, size }, layers: [] });
  store.remove(paths.layerPath('a', digest));
  mkdirSync(join(store.root, paths.trashPath('run', paths.blobPath(digest)), '..'), { recursive: true });
  renameSync(
    join(store.root, paths.blobPath(digest)),
    join(store.root, paths.trashPath('run', paths.blobPath(digest))),
  );
  const { found } = await verifyOnce(store.root, { repair: true });
  expect(found.map(({ kind, action }) => [kind, action])).toEqual([['reference-missing', 'left']]);
  expect(store.files()).not.toContain(paths.layerLinkPath('a', digest));
});

it('leaves everything as it was when the disk is full', async () => {
  const store = makeStore();
  const { digest } = store.image('a', 'one', ['layer'], { tag: 'latest' });
  const damaged = [paths.revisionLinkPath('a', digest), paths.tagCurrentLinkPath('a', 'latest')];
  for (const path of damaged) store.write(path, 'sha256:cut off');
  const wrap = (driver: StorageDriver): StorageDriver => ({
    ...driver,
    putContent: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'))),
  });
  const { found } = await verifyOnce(store.root, { repair: true, wrap });
  expect(found.map(({ path, action }) => `${path} ${action}`).sort()).toEqual(
    damaged.map((path) => `${path} left`),
  );
  for (const path of damaged) expect(readFileSync(join(store.root, path), 'utf8')).toBe('sha256:cut off');
});

it('does not go back to an old image where the current one of a tag is lost', async () => {
  const store = makeStore();
  store.image('a', 'old', ['layer'], { tag: 'latest' });
  const current = store.image('a', 'new', ['layer'], { tag: 'latest' });
  store.remove(paths.revisionPath('a', current.digest));
  store.write(paths.tagCurrentLinkPath('a', 'latest'), '');
  const { found } = await verifyOnce(store.root, { repair: true });
  expect(found.map(({ kind, action }) => [kind, action])).toEqual([['tag-link-content', 'set-aside']]);
});

it('does not overwrite a tag that is set while it is mended', async () => {
  const store = makeStore();
  store.image('a', 'one', ['layer'], { tag: 'latest' });
  const pushed = store.image('a', 'two', ['layer']);
  const path = paths.tagCurrentLinkPath('a', 'latest');
  for (const [at, moment] of [
    ['move', 1],
    ['move', 2],
    ['putContent', 1],
  ] as const) {
    store.write(path, '');
    store.remove(paths.tagIndexPath('a', 'latest'));
    const first = store.image('a', 'one', ['layer']);
    store.write(paths.tagIndexLinkPath('a', 'latest', first.digest), first.digest);
    let calls = 0;
    // The last change of the storage before the tag is written anew.
    const acting = (): void => {
      if (++calls === moment) store.tag('a', 'latest', pushed.digest);
    };
    const wrap = (driver: StorageDriver): StorageDriver => ({
      ...driver,
      async putContent(to, content) {
        if (at === 'putContent') acting();
        await driver.putContent(to, content);
      },
      async move(from, to) {
        if (at === 'move') acting();
        await driver.move(from, to);
      },
    });
    await verifyOnce(store.root, { repair: true, wrap, run: `${at}-${moment}` });
    expect([at, moment, calls >= moment]).toEqual([at, moment, true]);
    expect([at, moment, readFileSync(join(store.root, path), 'utf8')]).toEqual([at, moment, pushed.digest]);
  }
});

it('leaves no trace of a tag that is deleted while its index is mended', async () => {
  const store = makeStore();
  const { digest } = store.image('a', 'one', ['layer'], { tag: 'latest' });
  store.remove(paths.tagIndexPath('a', 'latest'));
  const wrap = (driver: StorageDriver): StorageDriver => ({
    ...driver,
    async putContent(path, content) {
      if (path === paths.tagIndexLinkPath('a', 'latest', digest)) store.remove(paths.tagPath('a', 'latest'));
      await driver.putContent(path, content);
    },
  });
  await verifyOnce(store.root, { repair: true, wrap });
  expect(existsSync(join(store.root, paths.tagPath('a', 'latest')))).toBe(false);
});

it('sets nothing aside in a store without blobs: they may lie on a volume that is not mounted', async () => {
  const store = makeStore();
  store.image('a', 'one', ['layer'], { tag: 'latest' });
  store.remove(paths.blobsRoot);
  mkdirSync(join(store.root, paths.blobsRoot));
  const before = store.files();
  const { summary } = await verifyOnce(store.root, { repair: true });
  expect(store.files()).toEqual(before);
  expect(summary.damages).toMatchObject({ found: 0, 'set-aside': 0, left: 3 });
});

it('waits once a repository, not once a damage', async () => {
  const store = makeStore();
  for (let number = 0; number < 20; number++) {
    store.image('a', `config ${number}`, ['layer'], { tag: `v${number}` });
    store.remove(paths.tagIndexPath('a', `v${number}`));
  }
  store.remove(paths.blobPath(digestOf('layer')));
  const began = performance.now();
  const { found } = await verifyOnce(store.root, { pause: 300 });
  expect(found).toHaveLength(21);
  expect(performance.now() - began).toBeLessThan(4_000);
});
