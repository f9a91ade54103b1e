import { randomUUID } from 'node:crypto';
import type { Entry, StorageDriver } from '../storage/driver.ts';
import {
  deletedPath,
  parsePath,
  purgeRecordPath,
  repositoriesRoot,
  uploadDataPath,
  uploadStartedAtPath,
} from '../storage/paths.ts';
import { type CommitGate, WritesRefusedError } from './commit-gate.ts';
import { purgeJournal } from './journal.ts';
import { forEachInLanes } from './lanes.ts';
import { absentAsUndefined } from './links.ts';
import { purgePullLog } from './pull-log-purge.ts';
import { purgeTemporaries } from './temporary-purge.ts';

export interface UploadPurgeOptions {
  /** Milliseconds since anything happened to an upload after which it is removed. */
  readonly age: number;
  /** Milliseconds; no run when another process, of this replica or another, began one with the same options within them. */
  readonly interval: number;
  /** Only tells what it would remove. */
  readonly dryRun: boolean;
}

/** What happens to the uploads of one run, as it goes. */
export interface PurgeEvents {
  /** It was removed, or would be. Times in milliseconds since the epoch. */
  purged(upload: { repository: string; id: string; lastActive: number }): void;
  /** Something could not be looked at or removed; the run goes on. */
  failed(path: string, error: unknown): void;
}

interface UploadEntry {
  readonly repository: string;
  readonly id: string;
  readonly entry: Entry;
}

/** Part of the interval for which a run counts: two processes that both want one in each interval must not skip every second. */
const recentPart = 0.9;
/** Removals at a time: as many as there are threads for files, so that a request waits for one short operation and not for a queue. */
const lanes = 4;

/**
 * Removes uploads that nobody goes on with (`storage.maintenance.uploadpurging`), the empty directories they leave, and
 * temporary files. Each removal is a commit section of its own.
 * @returns the uploads purged; undefined when there was a run not long ago
 * @throws WritesRefusedError the registry takes no writes
 */
export async function purgeUploads(
  context: { driver: StorageDriver; gate: CommitGate },
  options: UploadPurgeOptions,
  events: PurgeEvents,
): Promise<number | undefined> {
  const { driver, gate } = context;
  if (!(await begin(driver, gate, options))) return undefined;
  const deadline = Date.now() - options.age;
  let purged = 0;
  const emptied = new Set<string>();
  await forEachInLanes(uploadsBelow(driver, repositoriesRoot, events), lanes, async (upload) => {
    try {
      if (!(await purgeOne(context, upload, { deadline, dryRun: options.dryRun }, events))) return;
      purged++;
      emptied.add(parentOf(upload.entry.path));
    } catch (error) {
      // The next would be refused as well.
      if (error instanceof WritesRefusedError) throw error;
      events.failed(upload.entry.path, error);
    }
  });
  if (!options.dryRun) {
    for (const directory of emptied) await removeEmpty(driver, directory);
    await purgeJournal(driver, Date.now());
    await purgePullLog(driver, Date.now());
    await purgeTemporaries(driver, { deadline, failed: (path, error) => events.failed(path, error) });
  }
  return purged;
}

/** Leaves a record of this run, unless there is one of another not long ago. */
async function begin(driver: StorageDriver, gate: CommitGate, options: UploadPurgeOptions): Promise<boolean> {
  const record = JSON.stringify({ age: options.age, dryRun: options.dryRun });
  const last = await absentAsUndefined(driver.stat(purgeRecordPath));
  if (last && Date.now() - last.modified < options.interval * recentPart) {
    if ((await driver.getContent(purgeRecordPath)).toString() === record) return false;
  }
  await gate.run(() => driver.putContent(purgeRecordPath, record));
  return true;
}

async function purgeOne(
  { driver, gate }: { driver: StorageDriver; gate: CommitGate },
  upload: UploadEntry,
  { deadline, dryRun }: { deadline: number; dryRun: boolean },
  events: PurgeEvents,
): Promise<boolean> {
  const lastActive = await lastActivity(driver, upload);
  if (lastActive > deadline) return false;
  if (!dryRun) {
    const aside = deletedPath(randomUUID());
    const moved = await gate.run(async () => {
      // Somebody may have gone on with it while this waited, which shows in its data.
      const data = await absentAsUndefined(driver.stat(uploadDataPath(upload.repository, upload.id)));
      if (data && data.modified > deadline) return false;
      // At once, so that whoever goes on with it now finds all of it or nothing. What a crash brings back is purged again.
      const { skipped } = await driver.moveMany([{ from: upload.entry.path, to: aside }]);
      // It may have ended, or another process purges it.
      return skipped.length === 0;
    });
    if (!moved) return false;
    await driver.delete(aside);
  }
  events.purged({ repository: upload.repository, id: upload.id, lastActive });
  return true;
}

/** When something last happened to an upload; slow ones are as alive as others. */
async function lastActivity(driver: StorageDriver, { repository, id, entry }: UploadEntry): Promise<number> {
  const data = await absentAsUndefined(driver.stat(uploadDataPath(repository, id)));
  const startedAt = await absentAsUndefined(driver.getContent(uploadStartedAtPath(repository, id)));
  const started = Date.parse(startedAt?.toString() ?? '');
  if (!data) return Number.isNaN(started) ? entry.modified : started;
  return Math.max(data.modified, Number.isNaN(started) ? 0 : started);
}

async function removeEmpty(driver: StorageDriver, lowest: string): Promise<void> {
  for (
    let directory = lowest;
    directory !== repositoriesRoot && (await driver.removeIfEmpty(directory));
    directory = parentOf(directory)
  );
}

async function* uploadsBelow(
  driver: StorageDriver,
  path: string,
  events: PurgeEvents,
): AsyncGenerator<UploadEntry> {
  for (const entry of await directoriesIn(driver, path, events)) {
    const parsed = parsePath(entry.path);
    if (parsed?.kind === 'upload') yield { repository: parsed.repository, id: parsed.id, entry };
    // Of what begins with an underscore only the directory of the uploads is looked into.
    else if (parsed === undefined || parsed.kind === 'uploads')
      yield* uploadsBelow(driver, entry.path, events);
  }
}

async function directoriesIn(driver: StorageDriver, path: string, events: PurgeEvents): Promise<Entry[]> {
  try {
    const entries = (await absentAsUndefined(driver.list(path))) ?? [];
    return entries.filter(
      (entry) => entry.isDirectory && !entry.isSymbolicLink && isLookedInto(nameOf(entry.path)),
    );
  } catch (error) {
    events.failed(path, error);
    return [];
  }
}

function isLookedInto(name: string): boolean {
  return !name.startsWith('_') || name === '_uploads';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
