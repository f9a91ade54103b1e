import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import {
  blobDataPath,
  blobPath,
  repositoriesRoot,
  revisionPath,
  tagCurrentLinkPath,
} from '../storage/paths.ts';
import { type Made, makeStore } from '../verify/made-store.ts';
import { copyStore, temporaryRoot, verifyOnce } from '../verify/verify-fixture.ts';
import { type BackupSummary, backUp } from './backup.ts';
import { prune } from './prune.ts';
import { restore, type RestoreSummary } from './restore.ts';
import { listSnapshots } from './snapshot.ts';

const driverOf = (rootDirectory: string): StorageDriver => createFilesystemDriver({ rootDirectory });

function empty(): string {
  const root = mkdtempSync(join(temporaryRoot, 'backup-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

let count = 0;
interface Told {
  damages: string[];
}
async function save(
  from: string | StorageDriver,
  to: string,
  signal = new AbortController().signal,
): Promise<BackupSummary & Told> {
  count += 1;
  const damages: string[] = [];
  const summary = await backUp({
    source: typeof from === 'string' ? driverOf(from) : from,
    target: driverOf(to),
    name: `20260101T000000Z-${count.toString(16).padStart(6, '0')}`,
    onDamage: (sentence) => void damages.push(sentence),
    signal,
    pause: 1,
  });
  return { ...summary, damages };
}

async function bring(from: string, to: string, more: object = {}): Promise<RestoreSummary & Told> {
  const damages: string[] = [];
  const summary = await restore({
    source: driverOf(from),
    target: driverOf(to),
    overwriteTags: false,
    onDamage: (sentence) => void damages.push(sentence),
    signal: new AbortController().signal,
    ...more,
  });
  return { ...summary, damages };
}

/** Path and content of all that the layout has, but for uploads. */
function content(root: string): Map<string, string> {
  const base = join(root, 'docker/registry/v2');
  const files = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(base.length)).sort();
  return new Map(
    paths
      .filter((path) => !path.includes('/_uploads/'))
      .map((path) => [path, readFileSync(join(base, path), 'latin1')]),
  );
}

const pathIn = (root: string, path: string): string => join(root, path);

let preparing: Promise<{ store: string; made: Made }> | undefined;
afterAll(async () => rmSync((await preparing)?.store ?? '', { recursive: true, force: true }));

/** A store that a real server made, the same for all tests, which must not change it. */
function prepared(): Promise<{ store: string; made: Made }> {
  preparing ??= prepare();
  return preparing;
}

async function prepare(): Promise<{ store: string; made: Made }> {
  const { root, made } = await makeStore();
  const store = mkdtempSync(join(temporaryRoot, 'made-'));
  await cp(root, store, { recursive: true, preserveTimestamps: true });
  return { store, made };
}

describe('a backup', () => {
  it('brings back every link and blob into an empty store, and verify finds nothing', async () => {
    const { store } = await prepared();
    const [backup, restored] = [empty(), empty()];
    const saved = await save(store, backup);
    expect(saved).toMatchObject({ repositories: 2, tags: 3, damages: [] });
    expect(await bring(backup, restored)).toMatchObject({
      repositories: 2,
      tags: 3,
      keptTags: 0,
      damages: [],
    });
    expect(content(restored)).toEqual(content(store));
    const { found, summary } = await verifyOnce(restored);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ repositories: 2, tags: 3 });
  });

  it('copies a blob once for all snapshots, and each snapshot stays what it was', async () => {
    const { store, made } = await prepared();
    const [backup, restored, changed] = [empty(), empty(), await copyStore(store)];
    const first = await save(store, backup);
    expect(first.copiedBlobs).toBe(first.blobs);
    rmSync(pathIn(changed, `${repositoriesRoot}/other`), { recursive: true });
    expect(await save(changed, backup)).toMatchObject({ repositories: 1, copiedBlobs: 0, copiedBytes: 0 });
    const [older = '', newer] = await listSnapshots(driverOf(backup));
    expect((await bring(backup, restored)).snapshot).toBe(newer);
    expect(content(restored)).toEqual(
      new Map([...content(changed)].filter(([path]) => !path.includes(made.lonely.slice(7)))),
    );
    await bring(backup, restored, { snapshot: older });
    expect(content(restored)).toEqual(content(store));
  });

  it('that is ended at any moment leaves no snapshot, and the next one goes on', async () => {
    const { store } = await prepared();
    const backup = empty();
    const total = (await save(store, empty())).blobs;
    for (let reads = 1; reads < total; reads += 2) {
      const end = new AbortController();
      let left = reads;
      const source = {
        ...driverOf(store),
        reader: (...call: Parameters<StorageDriver['reader']>) => {
          if ((left -= 1) === 0) end.abort(new Error('ended'));
          return driverOf(store).reader(...call);
        },
      };
      const ended = await save(source, backup, end.signal).catch((error: unknown) => String(error));
      if (left <= 0) expect(ended).toContain('ended');
      else break;
      expect(await listSnapshots(driverOf(backup))).toEqual([]);
      expect(readdirSync(join(backup, 'incoming'))).toEqual([]);
    }
    const last = await save(store, backup);
    expect(last.copiedBlobs).toBeLessThan(total);
    const restored = empty();
    await bring(backup, restored);
    expect(content(restored)).toEqual(content(store));
  });

  it('beside a collection has no tag without its image: what goes while it is read is read again', async () => {
    const { store, made } = await prepared();
    const [backup, restored, root] = [empty(), empty(), await copyStore(store)];
    const driver = driverOf(root);
    let isCollected = false;
    const collect = async (): Promise<void> => {
      isCollected = true;
      await driver.delete(tagCurrentLinkPath('team/app', 'v2').replace('/current/link', ''));
      await driver.delete(revisionPath('team/app', made.v2));
      await driver.delete(blobPath(made.v2));
    };
    const source: StorageDriver = {
      ...driver,
      reader: async (path, range) => {
        // After the links were read, and before the blob is.
        if (path === blobDataPath(made.v2) && !isCollected) await collect();
        return driver.reader(path, range);
      },
    };
    expect(await save(source, backup)).toMatchObject({ tags: 2, damages: [] });
    expect(isCollected).toBe(true);
    await bring(backup, restored);
    expect((await verifyOnce(restored)).found).toEqual([]);
  });

  it('tells what is damaged in the store, and has all else', async () => {
    const { store, made } = await prepared();
    const [backup, restored, root] = [empty(), empty(), await copyStore(store)];
    writeFileSync(pathIn(root, blobDataPath(made.v1)), 'rot');
    const { damages, tags } = await save(root, backup);
    expect(damages).toEqual([
      `team/app: ${made.v1} is damaged in the store`,
      `team/app: the tag v1 names ${made.v1}, which is not there`,
    ]);
    expect(tags).toBe(2);
    await bring(backup, restored);
    expect((await verifyOnce(restored)).found).toEqual([]);
  });

  it('of a store that is not there fails', async () => {
    await expect(save(join(empty(), 'absent'), empty())).rejects.toThrow('does not exist');
  });
});

describe('a restore', () => {
  it('takes nothing away, and leaves a tag that names something else unless it is told not to', async () => {
    const { store, made } = await prepared();
    const [backup, root] = [empty(), await copyStore(store)];
    await save(store, backup);
    const moved = pathIn(root, tagCurrentLinkPath('team/app', 'v1'));
    writeFileSync(moved, made.v2);
    rmSync(pathIn(root, blobPath(made.layer)), { recursive: true });
    const late = digestOf('late');
    await driverOf(root).putContent(blobDataPath(late), 'late');
    expect(await bring(backup, root)).toMatchObject({ keptTags: 1, tags: 2, copiedBlobs: 1 });
    expect(readFileSync(moved, 'utf8')).toBe(made.v2);
    expect(existsSync(pathIn(root, blobDataPath(late)))).toBe(true);
    await bring(backup, root, { overwriteTags: true });
    expect(readFileSync(moved, 'utf8')).toBe(made.v1);
  });

  it('does not take a blob that rots in the backup for whole, nor a tag to it', async () => {
    const { store, made } = await prepared();
    const [backup, restored] = [empty(), empty()];
    await save(store, backup);
    writeFileSync(pathIn(backup, blobDataPath(made.v1)), 'rot');
    expect((await bring(backup, restored)).damages).toEqual([
      `team/app: ${made.v1} is damaged in the backup`,
    ]);
    expect(existsSync(pathIn(restored, tagCurrentLinkPath('team/app', 'v1')))).toBe(false);
    expect((await verifyOnce(restored)).found).toEqual([]);
  });

  it('beside a collection that spares nothing brings back what that took before the tags were there', async () => {
    const { store, made } = await prepared();
    const [backup, restored] = [empty(), empty()];
    await save(store, backup);
    const driver = driverOf(restored);
    let isCollected = false;
    const target: StorageDriver = {
      ...driver,
      putContent: async (path, text) => {
        if (path === tagCurrentLinkPath('team/app', 'v1') && !isCollected) {
          isCollected = true;
          await driver.delete(blobPath(made.layer));
          await driver.delete(revisionPath('team/app', made.v1));
        }
        await driver.putContent(path, text);
      },
    };
    expect(await bring(backup, restored, { target })).toMatchObject({ tags: 3, damages: [] });
    expect(isCollected).toBe(true);
    expect((await verifyOnce(restored)).found).toEqual([]);
    expect(content(restored)).toEqual(content(store));
  });

  it('refuses a snapshot that is not whole, and a backup that has none', async () => {
    const { store } = await prepared();
    const backup = empty();
    await expect(bring(backup, empty())).rejects.toThrow('there is no snapshot');
    await save(store, backup);
    const [name = ''] = await listSnapshots(driverOf(backup));
    const file = join(backup, 'snapshots', `${name}.jsonl`);
    const whole = readFileSync(file, 'utf8');
    for (const part of [/\{"end".*\n/, /\{"repository".*\n/]) {
      writeFileSync(file, whole.replace(part, ''));
      await expect(bring(backup, empty())).rejects.toThrow(`snapshot ${name} is not whole`);
    }
  });
});

it('prune keeps the newest snapshots with their blobs, and what another backup may be about to need', async () => {
  const { store, made } = await prepared();
  const [backup, changed] = [empty(), await copyStore(store)];
  await save(store, backup);
  rmSync(pathIn(changed, `${repositoriesRoot}/other`), { recursive: true });
  await save(changed, backup);
  const [older, newer] = await listSnapshots(driverOf(backup));
  const lonely = pathIn(backup, blobDataPath(made.lonely));
  const { signal } = new AbortController();
  expect(await prune(driverOf(backup), 2, signal)).toEqual([]);
  expect(await prune(driverOf(backup), 1, signal)).toEqual([older]);
  expect(existsSync(lonely)).toBe(true);
  await save(changed, backup);
  const longAgo = new Date(Date.now() - 50 * 3_600_000);
  for (const path of content(backup).keys())
    utimesSync(join(backup, 'docker/registry/v2', path), longAgo, longAgo);
  expect(await prune(driverOf(backup), 1, signal)).toEqual([newer]);
  expect(existsSync(lonely)).toBe(false);
  const restored = empty();
  expect((await bring(backup, restored)).damages).toEqual([]);
  expect((await verifyOnce(restored)).found).toEqual([]);
});
