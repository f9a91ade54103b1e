import { afterEach, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import { type Addition, createJournal, type Journal } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import type { Progress } from './counts.ts';
import { pullAll } from './pull-fixture.ts';
import { confirmOnce } from './run-fixture.ts';
import { beginStagedCollection, type StagedCollection } from './staged-collection.ts';
import {
  createStoreFixture,
  digestOf,
  type PushOptions,
  type StoreFixture,
  testNow,
} from './store-fixture.ts';

const stores: StoreFixture[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.dispose()));

interface Stage {
  readonly store: StoreFixture;
  readonly journal: Journal;
  readonly told: Progress[];
  readonly warnings: string[];
  readonly begin: (given?: Partial<CollectionOptions>, driver?: StorageDriver) => Promise<StagedCollection>;
}

function stage(): Stage {
  const store = createStoreFixture();
  stores.push(store);
  const told: Progress[] = [];
  const warnings: string[] = [];
  return {
    store,
    told,
    warnings,
    journal: createJournal({ driver: store.driver, process: 'writer' }),
    begin: (given = {}, driver = store.driver) =>
      beginStagedCollection({
        driver,
        options: CollectionOptions.parse({ deleteUntagged: true, ...given }),
        trash: 'run-1',
        now: testNow,
        report: (progress) => void told.push(progress),
        signal: new AbortController().signal,
        warn: (problem) => void warnings.push(problem),
      }),
  };
}

const whole = { until: () => false, signal: new AbortController().signal };

/** Pushes an image as a registry does: each step a commit of its own, in the journal. */
async function push(
  { store, journal }: Stage,
  repository: string,
  [name, ...layers]: readonly [string, ...string[]],
  options: PushOptions = {},
): Promise<void> {
  for (const content of [name, ...layers]) {
    const addition: Addition = { kind: 'blob', repository, digest: digestOf(content) };
    await journal.during([addition], async () => void store.layer(repository, content, 0));
  }
  const scratch = createStoreFixture();
  const { digest } = scratch.image(repository, name, layers, options);
  scratch.dispose();
  await journal.during([{ kind: 'manifest', repository, digest }], async () => {
    store.image(repository, name, layers, { age: 0, ...options });
  });
}

test('a window reads nothing of the journal that was there before the mark', async () => {
  const { store, begin, journal } = stage();
  store.image('app', 'dead', ['dead layer']);
  for (let count = 0; count < 100; count++)
    await journal.during([{ kind: 'blob', repository: 'app', digest: digestOf(`${count}`) }], async () => {});
  let bytes = 0;
  const { driver } = store;
  const counting: StorageDriver = {
    ...driver,
    async getContent(path) {
      const content = await driver.getContent(path);
      if (path.startsWith(paths.journalRoot)) bytes += content.length;
      return content;
    },
    async reader(path, range) {
      if (path.startsWith(paths.journalRoot)) bytes += (await driver.stat(path)).size - (range?.start ?? 0);
      return driver.reader(path, range);
    },
  };
  const staged = await begin({}, counting);
  expect(bytes).toBeGreaterThan(5_000);
  bytes = 0;
  await staged.sweep(whole);
  expect(bytes).toBeLessThan(10);
});

test('what a mark gave up is swept in the window, and is gone after the second mark', async () => {
  const { store, begin, told } = stage();
  store.image('app', 'kept', ['base'], { tag: 'v1' });
  store.image('app', 'dead', ['base', 'dead layer']);
  const staged = await begin();
  expect(told.at(-1)).toMatchObject({
    phase: 'Marked',
    touched: false,
    remaining: 6,
    counts: { manifestsDeleted: 1, blobsDeleted: 3, layerLinksDeleted: 2 },
  });
  expect(store.files('/docker')).toContain(paths.blobDataPath(digestOf('dead layer')));
  expect(await staged.sweep(whole)).toBe(0);
  expect(told.at(-1)).toMatchObject({ phase: 'Swept', remaining: 0, counts: { blobsDeleted: 3 } });
  await confirmOnce(store);
  expect(store.files().filter((path) => path.includes('.wharfinger'))).toEqual([]);
  expect(pullAll(store, ['app'])).toEqual([]);
});

test('a push before any read of the mark: with the journal all of it is kept, without it something is lost', async () => {
  const lost: boolean[] = [];
  for (const journaled of [true, false]) {
    for (let at = 1, more = true; more; at++) {
      const it = stage();
      const { store } = it;
      store.image('app', 'dead', ['base', 'dead layer']);
      store.image('other', 'other', ['other layer'], { tag: 'v1' });
      let reads = 0;
      const before = async (): Promise<void> => {
        if (++reads !== at) return;
        await push(it, 'app', ['dead', 'base', 'dead layer'], { tag: 'back' });
        await push(it, 'new', ['new', 'dead layer'], { tag: 'first' });
        if (!journaled) await store.driver.delete(paths.journalRoot);
      };
      const driver: StorageDriver = {
        ...store.driver,
        list: async (path) => (await before(), store.driver.list(path)),
        stat: async (path) => (await before(), store.driver.stat(path)),
        getContent: async (path) => (await before(), store.driver.getContent(path)),
      };
      // Its leases would save all of it: they are what a clock that differs takes away.
      const staged = await it.begin({ minAge: 0 }, driver);
      more = reads >= at;
      await staged.sweep(whole);
      const missing = pullAll(store, ['app', 'other', 'new']);
      if (journaled) expect(missing).toEqual([]);
      else lost.push(missing.length > 0);
      await confirmOnce(store, { minAge: 0 });
      expect(pullAll(store, ['app', 'other', 'new'])).toEqual([]);
      store.dispose();
    }
  }
  expect(lost).toContain(true);
});

test('a push between the mark and the window, and one between two windows, is kept', async () => {
  const it = stage();
  const { store } = it;
  for (let number = 0; number < 20; number++)
    store.image('app', `dead ${number}`, ['base', `layer ${number}`]);
  const staged = await it.begin();
  await push(it, 'app', ['dead 3', 'base', 'layer 3'], { tag: 'v3' });
  let moves = 0;
  const left = await staged.sweep({ ...whole, until: () => ++moves > 30 });
  expect(left).toBeGreaterThan(0);
  expect(it.told.at(-1)).toMatchObject({ phase: 'Swept', remaining: left });
  await push(it, 'app', ['dead 19', 'base', 'layer 19'], { tag: 'v19' });
  await push(it, 'other', ['another', 'layer 7'], { tag: 'v7' });
  expect(await staged.sweep(whole)).toBe(0);
  expect(pullAll(store, ['app', 'other'])).toEqual([]);
  expect(await confirmOnce(store)).toMatchObject({ restored: 0 });
  expect(pullAll(store, ['app', 'other'])).toEqual([]);
});

test('between windows it looks at what is to be moved, until the next one begins', async () => {
  const { store, begin } = stage();
  store.image('app', 'dead', ['dead layer']);
  const looked: string[] = [];
  const stat: StorageDriver['stat'] = (path) => (looked.push(path), store.driver.stat(path));
  const staged = await begin({}, { ...store.driver, stat });
  looked.length = 0;
  await staged.lookAhead(() => true);
  expect(looked).toEqual([]);
  await staged.lookAhead(() => false);
  expect(looked).toContain(paths.blobDataPath(digestOf('dead layer')));
  expect(looked).toHaveLength(staged.mark.doomed.length);
});

test('a commit that was under way when the mark began is kept, whenever it ends', async () => {
  const it = stage();
  const { store, journal } = it;
  const image = store.image('app', 'dead', ['layer']);
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const commit = journal.during([{ kind: 'manifest', repository: 'app', digest: image.digest }], () => {
    begun.resolve();
    return end.promise;
  });
  await begun.promise;
  const staged = await it.begin();
  store.tag('app', 'v1', image.digest);
  end.resolve();
  await commit;
  await staged.sweep(whole);
  expect(pullAll(store, ['app'])).toEqual([]);
});

test('an upload that somebody goes on with after the mark stays', async () => {
  const it = stage();
  const { store } = it;
  store.image('app', 'kept', [], { tag: 'v1' });
  for (const id of ['stale', 'resumed']) {
    store.write(paths.uploadStartedAtPath('app', id), '2025-01-01T00:00:00Z');
    store.write(paths.uploadDataPath('app', id), 'part');
  }
  const staged = await it.begin();
  store.write(paths.uploadDataPath('app', 'resumed'), 'part and more', testNow);
  await staged.sweep(whole);
  expect(store.files(paths.uploadsPath('app')).map((path) => path.split('/').at(-2))).toEqual([
    'resumed',
    'resumed',
  ]);
});

test('with a journal that cannot be trusted all is marked again in the window', async () => {
  const it = stage();
  const { store } = it;
  const image = store.image('app', 'dead', ['layer']);
  store.image('app', 'dead too', ['layer too']);
  await push(it, 'other', ['x']);
  const staged = await it.begin();
  await push(it, 'app', ['dead', 'layer'], { tag: 'back' });
  await store.driver.delete(paths.journalPath('writer.1'));
  expect(await staged.sweep(whole)).toBe(0);
  expect(it.warnings).toEqual([expect.stringContaining('the journal cannot be trusted')]);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(store.files('/docker')).toContain(paths.blobDataPath(image.digest));
  expect(store.files('/docker')).not.toContain(paths.blobDataPath(digestOf('layer too')));
});

test('what comes again after one window is swept in the next, also when all is marked again there', async () => {
  const it = stage();
  const { store } = it;
  for (let number = 0; number < 4; number++) store.image('app', `dead ${number}`, [`layer ${number}`]);
  await push(it, 'other', ['x']);
  const staged = await it.begin({ minAge: 0 });
  let moves = 0;
  expect(await staged.sweep({ ...whole, until: () => ++moves > 6 })).toBeGreaterThan(0);
  for (let number = 0; number < 4; number++) store.image('app', `dead ${number}`, [`layer ${number}`]);
  await store.driver.delete(paths.journalPath('writer.1'));
  expect(await staged.sweep(whole)).toBe(0);
  expect(store.files('/docker')).not.toContain(paths.blobDataPath(digestOf('layer 0')));
  await confirmOnce(store, { minAge: 0 });
  expect(store.files().filter((path) => path.includes('.wharfinger'))).toEqual([]);
});

test('with a journal that cannot be read at all, everything is marked in the window', async () => {
  const it = stage();
  const { store } = it;
  store.image('app', 'dead', ['layer']);
  await store.driver.append(paths.journalPath('strange.1'), 'what is no record\n');
  const staged = await it.begin();
  store.image('app', 'dead', ['layer'], { tag: 'back' });
  store.image('app', 'dead too', ['layer too']);
  expect(await staged.sweep(whole)).toBe(0);
  expect(it.warnings).toEqual([expect.stringContaining('strange.1')]);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(store.files('/docker')).not.toContain(paths.blobDataPath(digestOf('layer too')));
});
