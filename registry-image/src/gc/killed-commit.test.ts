import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { beginStagedCollection } from './staged-collection.ts';
import { createStoreFixture, digestOf, type StoreFixture, testNow } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

test('a collection that marks in its window leaves what a killed commit is about, so that its second mark finds nothing to put back', async () => {
  store.image('app', 'config', ['begun', 'ended']);
  const [begun, ended] = [digestOf('begun'), digestOf('ended')];
  const records = [`+ 1 blob app ${ended}`, '- 1', `+ 2 blob app ${begun}`, ''];
  await store.driver.append(paths.journalPath('killed.1'), records.join('\n'));
  await collectOnce(store, {});
  expect([hasBlob(begun), hasBlob(ended)]).toEqual([true, false]);
  expect(await confirmOnce(store, {})).toMatchObject({ restored: 0 });
});

test('also when another file of the journal cannot be read: a staged collection marks again then', async () => {
  store.image('app', 'config', ['begun', 'ended']);
  await store.driver.append(paths.journalPath('stranger.1'), 'what is no record\n');
  const run = { driver: store.driver, now: testNow, report: () => {}, signal: new AbortController().signal };
  const options = CollectionOptions.parse({ deleteUntagged: true });
  const staged = await beginStagedCollection({ ...run, options, trash: 'run-0' });
  const [begun, ended] = [digestOf('begun'), digestOf('ended')];
  const records = [`+ 1 blob app ${ended}`, '- 1', `+ 2 blob app ${begun}`, ''];
  await store.driver.append(paths.journalPath('killed.1'), records.join('\n'));
  await staged.sweep({ until: () => false, signal: run.signal });
  expect([hasBlob(begun), hasBlob(ended)]).toEqual([true, false]);
  expect(await confirmOnce(store, {})).toMatchObject({ restored: 0 });
});

test('a commit that a sweep has met keeps what it is about, however much of the journal can be read', async () => {
  store.image('app', 'config', ['begun', 'other']);
  const begun = digestOf('begun');
  let isBegun = false;
  // A replica that writes in the window of another.
  const moveMany: StorageDriver['moveMany'] = async (moves, options) => {
    if (!isBegun) await store.driver.append(paths.journalPath('early.1'), `+ 1 blob app ${begun}\n`);
    isBegun = true;
    return store.driver.moveMany(moves, options);
  };
  await store.driver.append(paths.journalPath('stranger.1'), 'what is no record\n');
  await collectOnce({ driver: { ...store.driver, moveMany } }, { minAge: 0 });
  expect(hasBlob(begun)).toBe(false);
  await confirmOnce(store, { minAge: 0 });
  expect([hasBlob(begun), hasBlob(digestOf('other'))]).toEqual([true, false]);
});

test.each(['whole', 'staged'])(
  'a commit that a killed sweep has met keeps what it is about: %s',
  async (kind) => {
    store.image('app', 'config', ['begun', 'other']);
    const begun = digestOf('begun');
    const killed = new Error('killed');
    const moveMany: StorageDriver['moveMany'] = async (moves, options) => {
      await store.driver.append(paths.journalPath('early.1'), `+ 1 blob app ${begun}\n`);
      await store.driver.moveMany(moves, options);
      dying.putContent = dying.delete = () => Promise.reject(killed);
      if (moves.some(({ from }) => from.includes(paths.blobsRoot))) throw killed;
      return { done: moves.length, skipped: [] };
    };
    const dying: StorageDriver = { ...store.driver, moveMany };
    const sweep = sweepOnce(kind, dying);
    await expect(sweep).rejects.toBe(killed);
    expect(hasBlob(begun)).toBe(false);
    await confirmOnce(store, { minAge: 0 });
    expect([hasBlob(begun), hasBlob(digestOf('other'))]).toEqual([true, false]);
  },
);

test.each(['whole', 'staged'])(
  'a storage that takes no file more is swept all the same: %s',
  async (kind) => {
    store.image('app', 'config', ['other']);
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const driver: StorageDriver = { ...store.driver, putContent: () => Promise.reject(full) };
    await sweepOnce(kind, driver);
    expect(hasBlob(digestOf('other'))).toBe(false);
  },
);

/** A mark without leases and its sweep, in one of two ways. */
async function sweepOnce(kind: string, driver: StorageDriver): Promise<void> {
  if (kind === 'whole') return void (await collectOnce({ driver }, { minAge: 0 }));
  const signal = new AbortController().signal;
  const options = CollectionOptions.parse({ deleteUntagged: true, minAge: 0 });
  const run = { driver, options, now: testNow, report: () => {}, signal, trash: 'run-0' };
  await (await beginStagedCollection(run)).sweep({ until: () => false, signal });
}

function hasBlob(digest: string): boolean {
  return existsSync(join(store.root, paths.blobDataPath(digest)));
}
