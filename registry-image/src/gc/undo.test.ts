import { afterEach, expect, test } from 'vitest';
import * as paths from '../storage/paths.ts';
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

test('a restore puts off that what it restores from is freed', async () => {
  const store = await swept();
  let freed: number | undefined;
  const driver = {
    ...store.driver,
    move: async (from: string, to: string) => {
      freed ??= await freeExpired(store.driver, {
        now: () => testNow + 2 * undoFor,
        isShortOfSpace: spacious,
      });
      await store.driver.move(from, to);
    },
  };
  await restore({ ...store, driver });
  expect(freed).toBe(0);
  expect(pieces(store)).toHaveLength(2);
});

test('what the store has again by then is left as it is', async () => {
  const store = await swept();
  store.image('app', 'dead', ['base', 'layer'], { tag: 'again', age: 0 });
  await restore(store);
  expect(pullAll(store, ['app'])).toEqual([]);
  expect(store.files().filter((path) => path.includes('.wharfinger/undo'))).toEqual([]);
});
