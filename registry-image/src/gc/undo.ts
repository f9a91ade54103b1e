import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { isFull } from '../storage/file-errors.ts';
import { deletedPath, undoPath, undoRecordPath, undoRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';
import { inBatches } from './in-batches.ts';
import type { Trash, TrashFile } from './trash-files.ts';

/** What a run of a collection left to be restored: `undo/NAME/` and beside it this, as `undo/NAME.json`. */
export interface UndoRecord {
  /** RUN-ATTEMPT, as it was in the trash. */
  readonly name: string;
  /** Milliseconds since the epoch from which on it may be freed. */
  readonly expires: number;
  /** Bytes of blobs. */
  readonly bytes: number;
  /** Somebody restores from it: it is not freed before its time, however short space is. */
  readonly isRestored?: true;
}

interface Options {
  readonly driver: StorageDriver;
  readonly signal: AbortSignal;
}

/**
 * Moves what the second mark found dead from the trash to where it can be restored from until it expires. When the storage is too full for
 * that, what was moved is freed: a part of it would be restored to broken images.
 */
export async function keepForUndo(
  { driver, reader, signal }: Options & { reader: BoundedReader },
  { dead, expires }: { dead: Iterable<TrashFile>; expires: number },
): Promise<void> {
  const bytesOf = new Map<string, number>();
  for (const { run, layout, size } of dead) {
    if (run !== '') bytesOf.set(run, (bytesOf.get(run) ?? 0) + (layout?.kind === 'blobData' ? size : 0));
  }
  const names = new Map<string, string>();
  for (const [run, bytes] of bytesOf) {
    signal.throwIfAborted();
    const name = await unusedName(reader, run);
    const record: UndoRecord = { name, expires, bytes };
    // Before the files: what lies there is never without a record.
    await driver.putContent(undoRecordPath(name), JSON.stringify(record));
    names.set(run, name);
  }
  const until = (): boolean => signal.aborted;
  async function giveUp(): Promise<void> {
    for (const name of names.values()) {
      // First, so that nobody restores from it.
      await driver.delete(undoRecordPath(name));
      await driver.delete(undoPath(name));
    }
  }
  for (const files of topDown(dead)) {
    const moves = files.flatMap(({ run, path, origin }) => {
      const name = names.get(run);
      return name === undefined ? [] : [{ from: path, to: `${undoPath(name)}${origin}` }];
    });
    try {
      await driver.moveMany(moves, { until });
    } catch (error) {
      if (isFull(error)) await giveUp();
      throw error;
    }
  }
}

/**
 * Removes files of the trash, and its directories as far as they are empty then.
 * @param files.moved lies there no more
 */
export async function freeTrash(
  { driver, signal }: Options,
  trash: Trash,
  { dead, moved }: { dead: Iterable<TrashFile>; moved: Iterable<TrashFile> },
): Promise<void> {
  const until = (): boolean => signal.aborted;
  async function removeDirectories(directories: Iterable<string>): Promise<void> {
    for (const level of upwards(directories, trash.top)) await driver.removeMany(level, { until });
  }
  for (const files of topDown(dead)) {
    const removed = files.map(({ path }) => path);
    await driver.removeMany(removed, { until });
    await removeDirectories(new Set(removed.map(parentOf)));
  }
  for (const files of inBatches(moved))
    await removeDirectories(new Set(files.map(({ path }) => parentOf(path))));
  await removeDirectories(trash.hollow);
  signal.throwIfAborted();
}

/**
 * What another run's rule may bring back goes before what it needs: when this run is killed in between, nothing comes back that lacks
 * something. In batches of one stage each.
 */
function* topDown(dead: Iterable<TrashFile>): Generator<TrashFile[]> {
  for (const stage of [0, 1, 2]) yield* inBatches(ofStage(dead, stage));
}

function* ofStage(dead: Iterable<TrashFile>, stage: number): Generator<TrashFile> {
  for (const file of dead) if (stageOf(file) === stage) yield file;
}

function stageOf({ layout }: TrashFile): number {
  if (layout?.kind === 'tagCurrentLink') return 0;
  return layout?.kind === 'revisionLink' || layout?.kind === 'tagIndexLink' ? 1 : 2;
}

/** These directories and those above them up to `top`, each list of it before those that lie above. */
function upwards(directories: Iterable<string>, top: string): string[][] {
  const levels: string[][] = [];
  const seen = new Set<string>();
  for (const directory of directories) {
    for (let path = directory; path.length >= top.length && !seen.has(path); path = parentOf(path)) {
      seen.add(path);
      (levels[path.split('/').length] ??= []).push(path);
    }
  }
  return levels.filter((level) => level.length > 0).toReversed();
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Every record, the oldest first; one that cannot be read as such is left out. */
export async function undoRecords(driver: StorageDriver): Promise<UndoRecord[]> {
  const records: UndoRecord[] = [];
  for (const { path } of await listOrNothing(driver, undoRoot)) {
    if (!path.endsWith('.json')) continue;
    const record = parseRecord(await driver.getContent(path).catch(absentAsEmpty));
    if (record && path === undoRecordPath(record.name)) records.push(record);
  }
  return records.sort((one, other) => one.expires - other.expires);
}

/**
 * Frees what has expired, and, while `isShortOfSpace` says so, the oldest of the rest.
 * @returns bytes of blobs freed
 */
export async function freeExpired(
  driver: StorageDriver,
  { now, isShortOfSpace }: { now: () => number; isShortOfSpace: () => Promise<boolean> },
): Promise<number> {
  let freed = 0;
  for (const { name } of await undoRecords(driver)) {
    const record = parseRecord(await driver.getContent(undoRecordPath(name)).catch(absentAsEmpty));
    if (!record || (record.expires > now() && (record.isRestored || !(await isShortOfSpace())))) continue;
    const aside = deletedPath(randomUUID());
    // One rename, as a restore begins with one: it finds all of it or nothing.
    const moved = await moveIfThere(driver, undoPath(name), aside);
    await driver.delete(undoRecordPath(name));
    if (!moved) continue;
    await driver.delete(aside);
    freed += record.bytes;
  }
  return freed;
}

/**
 * Takes what was kept out of the reach of whoever would free it, until `expires`. May be killed and done again.
 * @returns where it is now; undefined when it was freed before
 */
export async function claimForRestore(
  { driver, reader }: { driver: StorageDriver; reader: BoundedReader },
  record: UndoRecord,
  expires: number,
): Promise<UndoRecord | undefined> {
  const name = await unusedName(reader, record.name);
  const claimed: UndoRecord = { ...record, name, expires, isRestored: true };
  await driver.putContent(undoRecordPath(name), JSON.stringify(claimed));
  const moved = await moveIfThere(driver, undoPath(record.name), undoPath(name));
  await driver.delete(undoRecordPath(record.name));
  if (moved) return claimed;
  await driver.delete(undoRecordPath(name));
  return undefined;
}

async function moveIfThere(driver: StorageDriver, from: string, to: string): Promise<boolean> {
  try {
    await driver.move(from, to);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

async function unusedName(reader: BoundedReader, name: string): Promise<string> {
  const used = new Set(((await reader.list(undoRoot)) ?? []).map(nameOf));
  for (let suffix = 1; ; suffix++) {
    const candidate = suffix === 1 ? name : `${name}.${suffix}`;
    if (!used.has(candidate) && !used.has(`${candidate}.json`)) return candidate;
  }
}

function parseRecord(content: Buffer): UndoRecord | undefined {
  try {
    const { name, expires, bytes, isRestored } = JSON.parse(content.toString()) as Partial<UndoRecord>;
    if (typeof name !== 'string' || typeof expires !== 'number' || typeof bytes !== 'number')
      return undefined;
    return { name, expires, bytes, ...(isRestored === true && { isRestored }) };
  } catch {
    return undefined;
  }
}

function absentAsEmpty(error: unknown): Buffer {
  if (error instanceof NotFoundError) return Buffer.alloc(0);
  throw error;
}

async function listOrNothing(driver: StorageDriver, path: string): Promise<{ path: string }[]> {
  try {
    return await driver.list(path);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}
