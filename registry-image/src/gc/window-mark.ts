import type { CollectionOptions } from '../config/maintenance.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { openCommits } from './journal-reader.ts';
import { type Mark, markStore } from './mark.ts';
import { recheck } from './recheck.ts';

/**
 * A mark while no commit section can run. What commits are about that have not ended all the same, of processes that were killed, is not
 * given up: the second mark keeps it, too.
 */
export async function markInWindow(
  reader: BoundedReader,
  options: CollectionOptions,
  now: number,
): Promise<Mark> {
  const open = [...(await openCommits(reader)).values()].flat();
  const mark = await markStore(reader, options, now);
  return { ...mark, doomed: await recheck({ reader, options, now }, mark, open) };
}
