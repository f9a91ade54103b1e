import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDriver } from './driver-contract.ts';
import { createFilesystemDriver } from './filesystem.ts';

describeDriver('filesystem', async () => {
  const rootDirectory = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
  return {
    driver: createFilesystemDriver({ rootDirectory }),
    remove: () => rm(rootDirectory, { recursive: true }),
  };
});

describe('temporary files of the filesystem driver', () => {
  const temporary = '.wharfinger-0123456789abcdef.tmp';
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wharfinger-driver-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('are gone after a put', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    await driver.putContent('/link', 'x');
    await expect(driver.putContent('/link/below', 'x')).rejects.toThrow();
    expect(await readdir(root)).toEqual(['link']);
  });

  it('are hidden, and hold a directory only while somebody may still write them', async () => {
    const driver = createFilesystemDriver({ rootDirectory: root });
    await driver.putContent('/dir/x', 'x');
    await driver.delete('/dir/x');
    await writeFile(join(root, 'dir', temporary), '');
    expect(await driver.list('/dir')).toEqual([]);
    expect(await driver.removeIfEmpty('/dir')).toBe(false);
    await utimes(join(root, 'dir', temporary), new Date(0), new Date(0));
    expect(await driver.removeIfEmpty('/dir')).toBe(true);
  });
});
