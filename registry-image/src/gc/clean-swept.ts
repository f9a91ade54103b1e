import { dirname } from 'node:path/posix';
import { purgeJournal } from '../registry/journal.ts';
import { absentAsUndefined } from '../registry/links.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { blobPath, trashRoot } from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { cleanStore } from './empty-directories.ts';
import type { Mark } from './mark.ts';
import { removeSweepRecords } from './sweep-record.ts';

/** What a second mark does, as far as it is not about the trash: removes what is left empty, and what nobody reads any more. */
export async function cleanSwept(
  { driver, signal, now }: { driver: StorageDriver; signal: AbortSignal; now: number },
  { hollow, plan }: Pick<Mark, 'hollow' | 'plan'>,
): Promise<void> {
  const prefixes = new Set<string>();
  for (const digest of plan.deadBlobs) prefixes.add(dirname(blobPath(digest)));
  const reader = createBoundedReader(driver, signal);
  await cleanStore({ driver, reader, signal }, { hollow: [...hollow, ...prefixes], plan });
  await removeSweepRecords(driver, reader);
  await purgeJournal(driver, now);
}

/** Whether a run has left anything there. */
export async function hasTrash(driver: StorageDriver): Promise<boolean> {
  return ((await absentAsUndefined(driver.children(trashRoot))) ?? []).length > 0;
}
