import type { StorageDriver } from '../storage/driver.ts';
import { clockPath } from '../storage/paths.ts';

/**
 * The time, in milliseconds since the epoch, by the clock that a storage gives its files their times by. Those who share a storage
 * need not have the same time; times of files are compared with this one.
 */
export type StorageClock = () => number | Promise<number>;

/** From a file that has just been written. */
export async function clockOfFile(driver: StorageDriver, path: string): Promise<() => number> {
  const { modified } = await driver.stat(path);
  const readAt = performance.now();
  return () => modified + performance.now() - readAt;
}

/** Writes a small file for it, once, when the time is asked for the first time. */
export function createStorageClock(driver: StorageDriver): StorageClock {
  let clock: Promise<() => number> | undefined;

  async function read(): Promise<() => number> {
    await driver.putContent(clockPath, '');
    return clockOfFile(driver, clockPath);
  }

  return async () => {
    clock ??= read();
    return (await clock)();
  };
}
