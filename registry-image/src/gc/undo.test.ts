import { afterEach, expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { sweptFrom } from '../storage/swept-paths.ts';
import { restoreOrder } from './judgement.ts';
import { pullAll } from './pull-fixture.ts';
import { restoreRun } from './restore.ts';
import { collectOnce, confirmOnce } from './run-fixture.ts';
import { createStoreFixture, digestOf, hour, type StoreFixture, testNow } from './store-fixture.ts';
import { freeExpired, undoRecords } from './undo.ts';

const stores: StoreFixture[] = [];
afterEach(() => stores.splice(0).forEach((store) => store.dispose()));

const undoFor = hour;
const spacious = async (): Promise<boolean> => false;

/** A store from which a run has swept one image, confirmed and kept for an hour. */
async function swept(): Promise<StoreFixture> {
  const store = createStoreFixture();
  stores.push(store);
  store.image('app', 'kept', ['base'], { tag: 'v1' });
  const dead = store.image('app', 'dead', ['base', 'layer']);
  store.image('app', 'signature', ['signed'], { subject: dead });
  await collectOnce(store);
  const counts = await confirmOnce(store, { undoFor });
  expect(counts).toMatchObject({ bytesFreed: 0, restored: 0 });
  expect(counts.bytesPending).toBeGreaterThan(0);
  return store;
}

function restore(store: StoreFixture, from = 'run'): Promise<number> {
  const signal = new AbortController().signal;
  return restoreRun({ driver: store.driver, from, now: testNow + 1, report: () => {}, signal });
}

function pieces(store: StoreFixture): string[] {
  return store.files('/docker').filter((path) => path.includes(digestOf('layer').slice('sha256:'.length)));
}

test('what was swept is out of sight, out of the trash, and comes back whole with new leases', async () => {
  const store = await swept();
  expect(pieces(store)).toEqual([]);
  expect(store.files().filter((path) => path.startsWith(paths.trashRoot))).toEqual([]);
  expect(await restore(store)).toBe(6);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(pieces(store)).toHaveLength(2);
  expect(store.files().filter((path) => path.includes(paths.undoRoot))).toEqual([]);
  await collectOnce(store, {}, { now: testNow + 2 });
  expect(pieces(store)).toHaveLength(2);
});

test('a later run judges nothing of it, whatever its options', async () => {
  const store = await swept();
  await collectOnce(store, { deleteUntagged: false, minAge: 1e12 });
  expect(await confirmOnce(store, { deleteUntagged: false, minAge: 1e12 })).toMatchObject({ restored: 0 });
  expect(pieces(store)).toEqual([]);
  expect(await undoRecords(store.driver)).toHaveLength(1);
});

test.each([0, hour])(
  'takes from the trash what a rule may bring back before what that needs, with %i ms to undo it',
  async (undoFor) => {
    const store = createStoreFixture();
    stores.push(store);
    const image = store.image('app', 'dead', ['layer'], { tag: 'v1' });
    const retention = [{ repositories: ['**'], keepMatching: ['no'] }];
    await collectOnce(store, { retention });
    const taken: unknown[] = [];
    const note = (all: readonly string[]): void => {
      const origins = all.map((path) => sweptFrom(path.slice(paths.trashPath('run-0', '').length)));
      const kinds = new Set(origins.map((path) => paths.parsePath(path)?.kind ?? ''));
      const files = restoreOrder.filter((kind) => kinds.has(kind));
      if (files.length > 0) taken.push(files);
    };
    const driver: StorageDriver = {
      ...store.driver,
      moveMany(moves, options) {
        note(moves.map(({ from }) => from));
        return store.driver.moveMany(moves, options);
      },
      removeMany(all, options) {
        note(all);
        return store.driver.removeMany(all, options);
      },
    };
    await confirmOnce({ driver }, { retention, undoFor });
    expect(taken).toEqual([['tagCurrentLink'], ['revisionLink', 'tagIndexLink'], ['blobData', 'layerLink']]);
    expect(store.files('/docker')).not.toContain(paths.blobDataPath(image.digest));
  },
);

test('it is freed when its time is over, and sooner when space is short, the oldest first', async () => {
  const store = await swept();
  const at = (now: number) => ({ now: () => now, isShortOfSpace: spacious });
  expect(await freeExpired(store.driver, at(testNow + undoFor - 1))).toBe(0);
  expect(await undoRecords(store.driver)).toHaveLength(1);
  store.image('app', 'second', ['second layer']);
  await collectOnce(store, {}, { trash: 'second-1' });
  await confirmOnce(store, { undoFor: 2 * undoFor });
  const names = async (): Promise<string[]> => (await undoRecords(store.driver)).map(({ name }) => name);
  expect(await names()).toEqual(['run-0', 'second-1']);
  let short = true;
  const once = async (): Promise<boolean> => [short, (short = false)][0] ?? false;
  expect(await freeExpired(store.driver, { now: () => testNow, isShortOfSpace: once })).toBeGreaterThan(0);
  expect(await names()).toEqual(['second-1']);
  expect(await freeExpired(store.driver, at(testNow + 2 * undoFor))).toBeGreaterThan(0);
  expect(store.files().filter((path) => path.includes('.wharfinger'))).toEqual([]);
});

test('what was freed, restored or never swept cannot be restored, and says so', async () => {
  const store = await swept();
  await expect(restore(store, 'other')).rejects.toThrow('nothing is left of run other');
  await restore(store);
  await expect(restore(store)).rejects.toThrow('nothing is left of run run');
});

/** Restores, and frees what has expired, or all when space is short, as soon as the restore has listed what it will put back. */
async function restoreBesideFreeing(
  store: StoreFixture,
  free: (driver: StoreFixture['driver']) => Promise<number>,
): Promise<{ restored: number; freed: number }> {
  const begun = Promise.withResolvers<void>();
  const listed = Promise.withResolvers<void>();
  // Both have read the record before either has changed anything.
  const freeing = free({
    ...store.driver,
    getContent: async (path) => {
      const content = await store.driver.getContent(path);
      begun.resolve();
      return content;
    },
    move: async (from, to) => {
      await listed.promise;
      await store.driver.move(from, to);
    },
  });
  await begun.promise;
  const driver: StoreFixture['driver'] = {
    ...store.driver,
    touch: async (path, modified) => {
      listed.resolve();
      await freeing;
      await store.driver.touch(path, modified);
    },
  };
  const restored = await restore({ ...store, driver });
  return { restored, freed: await freeing };
}

test('what is freed while it is restored comes back whole', async () => {
  const store = await swept();
  const expired = { now: () => testNow + 2 * undoFor, isShortOfSpace: spacious };
  const both = await restoreBesideFreeing(store, (driver) => freeExpired(driver, expired));
  expect(both).toEqual({ restored: 6, freed: 0 });
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(pieces(store)).toHaveLength(2);
  expect(store.files().filter((path) => path.includes('.wharfinger/undo'))).toEqual([]);
});

test.each([
  ['its time would be over', { now: () => testNow + 2 * undoFor, isShortOfSpace: spacious }],
  ['space is short', { now: () => testNow, isShortOfSpace: async () => true }],
])('what is being restored is not freed when %s', async (_when, options) => {
  const store = await swept();
  let freed: number | undefined;
  const driver: StoreFixture['driver'] = {
    ...store.driver,
    touch: async (path, modified) => {
      freed ??= await freeExpired(store.driver, options);
      await store.driver.touch(path, modified);
    },
  };
  expect(await restore({ ...store, driver })).toBe(6);
  expect([freed, pieces(store).length]).toEqual([0, 2]);
});

test('what was freed before the restore takes it is not restored, and the restore says so', async () => {
  const store = await swept();
  const driver: StoreFixture['driver'] = {
    ...store.driver,
    putContent: async (path, content) => {
      await store.driver.putContent(path, content);
      await freeExpired(store.driver, { now: () => testNow + 2 * undoFor, isShortOfSpace: spacious });
    },
  };
  await expect(restore({ ...store, driver })).rejects.toThrow('nothing is left of run run');
  expect(store.files().filter((path) => path.includes('.wharfinger/undo'))).toEqual([]);
});

test('a restore that was killed goes on when it is run again', async () => {
  const store = await swept();
  let moves = 0;
  const dying: StoreFixture['driver'] = {
    ...store.driver,
    move: async (from, to) => {
      if (++moves > 3) throw new Error('killed');
      await store.driver.move(from, to);
    },
  };
  await expect(restore({ ...store, driver: dying })).rejects.toThrow('killed');
  await restore(store);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(pieces(store)).toHaveLength(2);
});

test('what the store has again by then is left as it is', async () => {
  const store = await swept();
  store.image('app', 'dead', ['base', 'layer'], { tag: 'again', age: 0 });
  await restore(store);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(store.files().filter((path) => path.includes('.wharfinger/undo'))).toEqual([]);
});
