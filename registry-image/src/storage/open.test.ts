import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/index.ts';
import type { StorageDriver } from './driver.ts';
import { openStorage } from './open.ts';

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'wharfinger-open-'));
});
afterEach(() => fs.rm(root, { recursive: true }));

function open(storage: object): Promise<StorageDriver> {
  const { config } = parseConfig(`version: 0.1\nstorage: ${JSON.stringify(storage)}`, {});
  return openStorage({ config });
}

/** How many operations of a driver are under way when many are asked for. */
async function mostAtATime(driver: StorageDriver): Promise<number> {
  const { lstat } = fs;
  let running = 0;
  let most = 0;
  const { promise: all, resolve: go } = Promise.withResolvers<void>();
  const counted = async (path: string): Promise<unknown> => {
    most = Math.max(most, ++running);
    await all;
    running--;
    return lstat(path);
  };
  Object.assign(fs, { lstat: counted });
  syncBuiltinESMExports();
  try {
    const stats = Array.from({ length: 200 }, () => driver.stat('/'));
    await new Promise((resolve) => setImmediate(resolve));
    go();
    await Promise.all(stats);
  } finally {
    Object.assign(fs, { lstat });
    syncBuiltinESMExports();
  }
  return most;
}

describe('storage.filesystem', () => {
  it('keeps everything below rootdirectory', async () => {
    const driver = await open({ filesystem: { rootdirectory: join(root, 'here') } });
    await driver.putContent('/a/b', 'x');
    expect(await fs.readFile(join(root, 'here/a/b'), 'utf8')).toBe('x');
  });

  it.each([
    [{ maxthreads: 40 }, 40],
    [{ maxthreads: 3 }, 25],
    [{}, 100],
  ])('with %j does %d operations at a time', async (keys, expected) => {
    expect(await mostAtATime(await open({ filesystem: { rootdirectory: root, ...keys } }))).toBe(expected);
  });
});

describe('storage.inmemory', () => {
  it('is not reached by a command that does not serve', async () => {
    await expect(open({ inmemory: {} })).rejects.toThrow(
      'storage.inmemory is the memory of the registry that serves: no other command reaches it',
    );
  });
});
