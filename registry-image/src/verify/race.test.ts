import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { pullAll } from '../gc/pull-fixture.ts';
import { collectOnce, confirmOnce } from '../gc/run-fixture.ts';
import { createStoreFixture } from '../gc/store-fixture.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { verifyOnce } from './verify-fixture.ts';

/** A repair at the very moment at which a live server does `act`: between the look at `path` and its move. */
async function repairWhile(root: string, path: string, act: () => void): ReturnType<typeof verifyOnce> {
  let acted = false;
  const wrap = (driver: StorageDriver): StorageDriver => ({
    ...driver,
    async move(from, to) {
      if (from === path && !acted) {
        acted = true;
        act();
      }
      await driver.move(from, to);
    },
  });
  const verified = await verifyOnce(root, { repair: true, wrap });
  expect(acted).toBe(true);
  return verified;
}

function makeStore(): ReturnType<typeof createStoreFixture> {
  const store = createStoreFixture();
  onTestFinished(() => store.dispose());
  return store;
}

it('moves a blob back that was pushed again after it was found damaged', async () => {
  const store = makeStore();
  const { digest } = store.layer('a', 'layer');
  const path = paths.blobDataPath(digest);
  store.write(path, 'damag');
  const { found } = await repairWhile(store.root, path, () => writeFileSync(join(store.root, path), 'layer'));
  expect(found).toEqual([]);
  expect(readFileSync(join(store.root, path), 'utf8')).toBe('layer');
});

it('moves a link back whose blob has come', async () => {
  const store = makeStore();
  const { digest } = store.layer('a', 'layer');
  store.remove(paths.blobPath(digest));
  const { found } = await repairWhile(store.root, paths.layerPath('a', digest), () => store.blob('layer'));
  expect(found).toEqual([]);
  expect((await verifyOnce(store.root)).summary).toMatchObject({
    layers: 1,
    blobs: 1,
    damages: { found: 0 },
  });
});

it('moves a tag back that was set anew', async () => {
  const store = makeStore();
  const { digest } = store.image('a', 'one', ['layer'], { tag: 'latest' });
  store.write(paths.tagCurrentLinkPath('a', 'latest'), `sha256:${'0'.repeat(64)}`);
  const { found } = await repairWhile(store.root, paths.tagPath('a', 'latest'), () =>
    store.tag('a', 'latest', digest),
  );
  expect(found).toEqual([]);
  expect((await verifyOnce(store.root)).summary).toMatchObject({ tags: 1, damages: { found: 0 } });
});

it('takes a link back that it wrote to a manifest which a collection swept at that moment', async () => {
  const store = makeStore();
  const { digest } = store.image('a', 'one', ['layer'], { tag: 'latest' });
  store.remove(paths.revisionPath('a', digest));
  const link = paths.revisionLinkPath('a', digest);
  const wrap = (driver: StorageDriver): StorageDriver => ({
    ...driver,
    async putContent(path, content) {
      if (path === link) store.remove(paths.blobPath(digest));
      await driver.putContent(path, content);
    },
  });
  const { found } = await verifyOnce(store.root, { repair: true, wrap });
  expect(found).toEqual([]);
  expect(store.files().includes(link)).toBe(false);
});

it('takes no copy from the trash whose content is not right', async () => {
  const store = makeStore();
  const { digest } = store.layer('a', 'layer');
  const path = paths.blobDataPath(digest);
  store.write(path, 'damag');
  const [bad, good] = ['run-1', 'run-2'].map((run) => join(store.root, paths.trashPath(run, path)));
  for (const copy of [bad, good]) mkdirSync(dirname(copy ?? ''), { recursive: true });
  writeFileSync(bad ?? '', 'wrong');
  const first = await verifyOnce(store.root, { repair: true, run: 'a' });
  expect(first.found.map(({ kind, action }) => [kind, action])).toEqual([
    ['blob-content', 'set-aside'],
    ['layer-link-dangling', 'set-aside'],
  ]);
  writeFileSync(good ?? '', 'layer');
  store.write(paths.layerLinkPath('a', digest), digest);
  const second = await verifyOnce(store.root, { repair: true, run: 'b' });
  expect(second.found.map(({ kind, action, where }) => [kind, action, where])).toEqual([
    ['layer-link-dangling', 'recovered', paths.trashPath('run-2', path)],
  ]);
});

it('between the two marks of a collection takes nothing from it that is dead, and hides nothing that is alive', async () => {
  const store = makeStore();
  const kept = store.image('a', 'kept', ['base', 'layer'], { tag: 'kept' });
  store.image('a', 'dead', ['base', 'dead layer']);
  const index = store.index('a', [store.image('a', 'child', ['base', 'child layer'])]);
  await collectOnce(store);
  const { found } = await verifyOnce(store.root, { repair: true });
  expect(found).toEqual([]);
  // A tag that a push has set meanwhile.
  store.tag('a', 'all', index.digest);
  await verifyOnce(store.root, { repair: true, run: 'run-2' });
  await confirmOnce(store);
  expect(pullAll(store, ['a'])).toEqual([]);
  const tags = [kept, index].map(({ digest }) => digest);
  expect(
    ['kept', 'all'].map((tag) => readFileSync(join(store.root, paths.tagCurrentLinkPath('a', tag)), 'utf8')),
  ).toEqual(tags);
  expect((await verifyOnce(store.root)).found).toEqual([]);
  expect(store.files().filter((path) => path.includes('trash') || path.includes('set-aside'))).toEqual([]);
});
