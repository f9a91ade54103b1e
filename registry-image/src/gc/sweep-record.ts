import type { Addition } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepPath, sweepsRoot, trashRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';
import { ifTold, type JournalPosition, openCommits, openCommitsSince } from './journal-reader.ts';

/**
 * Notes which commits had not ended when a sweep had. There are none but those of processes that were killed, unless a replica writes in
 * a window: such a commit has perhaps looked already for what was swept from below it. Nothing is noted when there are none.
 * @param from where the journal was when the mark began, so that only what was added since is read
 */
export async function recordSweep(
  driver: StorageDriver,
  reader: BoundedReader,
  { trash, from }: { trash: string; from?: JournalPosition },
): Promise<void> {
  const since = from && (await ifTold(openCommitsSince(reader, from)));
  const commits = since ?? (await openCommits(reader));
  if (commits.size === 0) return;
  await driver.putContent(sweepPath(trash), [...commits.keys()].join('\n'));
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
    recorded.has(commit) ? additions : [],
  );
}

/** Removes the records of sweeps whose trash is gone. */
export async function removeSweepRecords(driver: StorageDriver, reader: BoundedReader): Promise<void> {
  const kept = new Set(((await reader.children(trashRoot)) ?? []).map(({ name }) => name));
  for (const entry of (await reader.list(sweepsRoot)) ?? []) {
    if (!kept.has(nameOf(entry))) await driver.delete(entry.path);
  }
}
