import { isWriteRefusal } from '../registry/commit-gate.ts';
import type { Addition } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepPath, sweepsRoot, trashRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';
import { ifTold, type JournalPosition, openCommits, openCommitsSince } from './journal-reader.ts';

/** Stands in the record of a sweep that may not have come to its end; no commit is named so. */
const unfinished = 'unfinished';

/**
 * Notes, before a sweep, that it has not ended: when its process is killed, nobody knows which commits had not when it stopped, so that none
 * is given up that has not ended by the second mark.
 */
export async function expectSweep(driver: StorageDriver, trash: string): Promise<void> {
  try {
    await driver.putContent(sweepPath(trash), unfinished);
  } catch (error) {
    // A storage that is full is to be swept all the same. It takes no record in the journal either, so no commit begins.
    if (!isWriteRefusal(error)) throw error;
  }
}

/**
 * Notes which commits had not ended when a sweep had, after its last window. There are none but those of processes that were killed, unless a
 * replica writes in a window: such a commit has perhaps looked already for what was swept from below it. Nothing is noted when there are none.
 * @param run.trash the directories of the trash that it moved to
 * @param run.from where the journal was when the mark began, so that only what was added since is read
 */
export async function recordSweep(
  driver: StorageDriver,
  reader: BoundedReader,
  { trash, from }: { trash: readonly string[]; from?: JournalPosition },
): Promise<void> {
  const since = from && (await ifTold(openCommitsSince(reader, from)));
  const commits = since ?? (await openCommits(reader));
  for (const path of trash.map(sweepPath)) {
    if (commits.size > 0) await driver.putContent(path, [...commits.keys()].join('\n'));
    else await driver.delete(path);
  }
}

/** What commits are about that had not ended when a sweep had whose trash is still there, nor have now. */
export async function openSinceSweep(reader: BoundedReader): Promise<Addition[]> {
  const recorded = new Set<string>();
  for (const { name } of (await reader.children(trashRoot)) ?? []) {
    const record = await reader.content(sweepPath(name));
    for (const commit of record?.toString().split('\n') ?? []) recorded.add(commit);
  }
  recorded.delete('');
  if (recorded.size === 0) return [];
  return [...(await openCommits(reader))].flatMap(([commit, additions]) =>
    recorded.has(commit) || recorded.has(unfinished) ? additions : [],
  );
}

/** Removes the records of sweeps whose trash is gone, and the room for them. */
export async function removeSweepRecords(driver: StorageDriver, reader: BoundedReader): Promise<void> {
  const kept = new Set(((await reader.children(trashRoot)) ?? []).map(({ name }) => name));
  for (const entry of (await reader.list(sweepsRoot)) ?? []) {
    if (!kept.has(nameOf(entry))) await driver.delete(entry.path);
  }
}
