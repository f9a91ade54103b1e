import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';
import { createReserve } from './reserve.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

const mebibyte = 1024 * 1024;

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

/** Mebibytes that are taken. */
function taken(): number {
  const directory = join(store.root, sweepReservePath);
  if (!existsSync(directory)) return 0;
  return (
    readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0) / mebibyte
  );
}

test('grows with the things and their directories up to what a window may need, and is given back by pieces', async () => {
  const reserve = createReserve(store.driver, 256);
  expect([await reserve.release(), taken()]).toEqual([false, 0]);
  await reserve.keep(4096);
  expect(taken()).toBe(3);
  expect([await reserve.release(), taken()]).toEqual([true, 2]);
  await reserve.keep(4096);
  expect(taken()).toBe(3);
  expect([await reserve.release(), await reserve.release(), await reserve.release()]).toEqual([
    true,
    true,
    true,
  ]);
  expect([await reserve.release(), taken()]).toEqual([false, 0]);
  await reserve.keep(0);
  expect(taken()).toBe(0);
  await createReserve(store.driver, 1_000_000).keep(1_000_000);
  expect(taken()).toBe(14);
  await reserve.drop();
  expect(taken()).toBe(0);
});

test('takes no more from the moment on in which some of it is needed', async () => {
  const written: string[] = [];
  const driver: StorageDriver = {
    ...store.driver,
    async putContent(path, content) {
      await store.driver.putContent(path, content);
      written.push(path);
      if (written.length === 2) void reserve.release();
    },
  };
  const reserve = createReserve(driver, 2000);
  await reserve.keep(20_000);
  expect(written).toHaveLength(2);
});

const refusing: StorageDriver['putContent'] = () => Promise.reject(new Error('EIO: i/o error'));
test.each([
  ['has no bounds', { space: undefined }],
  ['has little room', { space: async () => ({ free: 4 * mebibyte, total: 2 ** 40 }) }],
  ['fails', { putContent: refusing }],
] as const)('is none where the storage %s', async (_name, changes) => {
  const reserve = createReserve({ ...store.driver, ...changes }, 1);
  await reserve.keep(10);
  expect([taken(), await reserve.release()]).toEqual([0, false]);
});
