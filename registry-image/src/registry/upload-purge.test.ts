import { randomUUID } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import {
  membersRoot,
  ownRoot,
  pullsRoot,
  undoRoot,
  uploadDataPath,
  uploadPath,
  uploadStartedAtPath,
} from '../storage/paths.ts';
import { type ControlledGate, createCommitGate } from './gate.ts';
import { createJournal } from './journal.ts';
import { purgeUploads, type UploadPurgeOptions } from './upload-purge.ts';

const hour = 3_600_000;
const ids = ['21c8a86c-27a3-4747-a152-9b26b17c8c5c', '31c8a86c-27a3-4747-a152-9b26b17c8c5c'] as const;

let root: string;
let driver: StorageDriver;
let gate: ControlledGate;
let told: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wharfinger-purge-'));
  driver = createFilesystemDriver({ rootDirectory: root });
  gate = createCommitGate({
    holdTimeoutMs: 100,
    limit: 10,
    journal: createJournal({ driver, process: 'test' }),
  });
  told = [];
});
afterEach(() => rm(root, { recursive: true }));

function purge(options: Partial<UploadPurgeOptions> = {}): Promise<number | undefined> {
  return purgeUploads(
    { driver, gate },
    { age: 24 * hour, interval: 0, dryRun: false, ...options },
    {
      purged: ({ repository, id, lastActive }) =>
        told.push(`${repository} ${id} ${Math.round((Date.now() - lastActive) / hour)}`),
      failed: (path, error) => told.push(`${path} ${String(error)}`),
    },
  );
}

/** An upload that began and was last written to so many hours ago. */
async function upload(repository: string, id: string, began: number, written?: number): Promise<void> {
  const started = new Date(Date.now() - began * hour).toISOString().replace(/\.\d+Z/, 'Z');
  await driver.putContent(uploadStartedAtPath(repository, id), started);
  if (written === undefined) return;
  await driver.putContent(uploadDataPath(repository, id), 'part');
  await driver.touch(uploadDataPath(repository, id), Date.now() - written * hour);
}

async function there(path: string): Promise<boolean> {
  return driver.stat(path).then(
    () => true,
    () => false,
  );
}

describe('a purge of uploads', () => {
  it('removes those to which nothing has happened for so long, and the directories they leave', async () => {
    await upload('team/app', ids[0], 30, 30);
    await upload('team/app', ids[1], 20, 20);
    await upload('gone', ids[0], 30);
    await driver.putContent('/docker/registry/v2/repositories/app/_layers/x', '');
    expect(await purge()).toBe(2);
    expect(told.sort()).toEqual([`gone ${ids[0]} 30`, `team/app ${ids[0]} 30`]);
    expect(await there(uploadPath('team/app', ids[0]))).toBe(false);
    expect(await there(uploadDataPath('team/app', ids[1]))).toBe(true);
    expect(await there('/docker/registry/v2/repositories/gone')).toBe(false);
    expect(await there('/docker/registry/v2/repositories/app/_layers/x')).toBe(true);
  });

  it('removes what killed processes left in writing something, when it is as old', async () => {
    const directories = ['/docker/registry/v2/blobs/sha256', ownRoot, undoRoot, `${pullsRoot}/2026-01-01`];
    const files = directories.map((directory) => `${directory}/.wharfinger-0123456789abcdef.tmp`);
    const young = `${membersRoot}/.wharfinger-0123456789abcdef.tmp`;
    for (const file of [...files, young]) {
      await driver.putContent(file, '');
      await driver.touch(file, Date.now() - (file === young ? 23 : 25) * hour);
    }
    await purge();
    expect(await Promise.all([...files, young].map(there))).toEqual([...files.map(() => false), true]);
  });

  it('never takes a slow upload, however long ago it began', async () => {
    await upload('app', ids[0], 1000, 1);
    expect(await purge()).toBe(0);
    expect(await there(uploadDataPath('app', ids[0]))).toBe(true);
  });

  it('takes an empty upload that a crash left', async () => {
    await driver.putContent(`${uploadPath('app', ids[0])}/x`, '');
    await driver.delete(`${uploadPath('app', ids[0])}/x`);
    const old = (Date.now() - 30 * hour) / 1000;
    utimesSync(join(root, uploadPath('app', ids[0])), old, old);
    expect(await purge()).toBe(1);
    expect(await there(uploadPath('app', ids[0]))).toBe(false);
  });

  it('leaves alone what is no upload', async () => {
    const odd = '/docker/registry/v2/repositories/app/_uploads/file';
    await driver.putContent(odd, 'x');
    await driver.touch(odd, 0);
    expect(await purge()).toBe(0);
    expect(await there(odd)).toBe(true);
  });

  it('only tells what it would do in a dry run', async () => {
    await upload('app', ids[0], 30, 30);
    expect(await purge({ dryRun: true })).toBe(1);
    expect(told).toEqual([`app ${ids[0]} 30`]);
    expect(await there(uploadDataPath('app', ids[0]))).toBe(true);
  });

  it('is done once in an interval by all that share the storage, unless it is another purge', async () => {
    expect(await purge({ interval: hour })).toBe(0);
    await upload('app', ids[0], 30, 30);
    expect(await purge({ interval: hour })).toBeUndefined();
    expect(await purge({ interval: hour, dryRun: true })).toBe(1);
    expect(await purge({ interval: hour })).toBe(1);
  });

  it('shares the work with another purge that runs at the same time', async () => {
    const many = Array.from({ length: 40 }, () => randomUUID());
    for (const id of many) await upload('app', id, 30, 30);
    const counts = await Promise.all([purge(), purge()]);
    expect(counts.reduce((sum = 0, count) => sum + (count ?? 0), 0)).toBe(many.length);
    expect(told.sort()).toEqual(many.map((id) => `app ${id} 30`).sort());
    expect(await there('/docker/registry/v2/repositories/app')).toBe(false);
  });

  it('removes nothing while the registry takes no writes', async () => {
    await upload('app', ids[0], 30, 30);
    await gate.set('readOnly');
    await expect(purge()).rejects.toThrow('the registry is in read-only mode');
    await gate.set('paused');
    await expect(purge()).rejects.toThrow('paused');
    expect(await there(uploadDataPath('app', ids[0]))).toBe(true);
  });

  it('leaves an upload that goes on while the purge waits for a window to end', async () => {
    await upload('app', ids[0], 30, 30);
    gate = createCommitGate({
      holdTimeoutMs: 5_000,
      limit: 10,
      journal: createJournal({ driver, process: 'test' }),
    });
    const stat = driver.stat.bind(driver);
    driver = {
      ...driver,
      stat: async (path) => {
        const found = await stat(path);
        if (path === uploadDataPath('app', ids[0])) {
          driver.stat = stat;
          await gate.set('paused');
        }
        return found;
      },
    };
    const running = purge();
    await expect.poll(() => gate.held).toBe(1);
    await driver.touch(uploadDataPath('app', ids[0]), Date.now());
    await gate.set('open');
    expect(await running).toBe(0);
    expect(await there(uploadDataPath('app', ids[0]))).toBe(true);
  });
});
