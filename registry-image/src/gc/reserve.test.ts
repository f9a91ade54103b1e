import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';
import { createReserve } from './reserve.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let store: StoreFixture;
beforeEach(() => {
  store = createStoreFixture();
});
afterEach(() => store.dispose());

const file = (): string => join(store.root, sweepReservePath);

test('grows with the things and their directories, and is given once, to all who find the storage full at a time', async () => {
  const reserve = createReserve(store.driver, 100);
  expect(await reserve.release()).toBe(false);
  await reserve.keep(1_000);
  expect(statSync(file()).size).toBe(256 * 1024 + 1_000 * 256 + 100 * 4096);
  expect(await Promise.all([reserve.release(), reserve.release()])).toEqual([true, true]);
  expect(existsSync(file())).toBe(false);
  await reserve.keep(0);
  expect(existsSync(file())).toBe(false);
  await reserve.keep(10);
  expect(existsSync(file())).toBe(true);
});

test.each([
  ['has no bounds', undefined],
  ['has little room', async () => ({ free: 1024 * 1024, total: 2 ** 40 })],
] as const)('is none where the storage %s', async (_name, space) => {
  const driver: StorageDriver = { ...store.driver, space };
  const reserve = createReserve(driver, 1);
  await reserve.keep(10);
  expect([existsSync(file()), await reserve.release()]).toEqual([false, false]);
});
