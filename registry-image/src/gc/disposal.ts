import type { BulkResult } from '../storage/bulk-operations.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { trashRunPath } from '../storage/paths.ts';
import { placeInTrash } from '../storage/swept-paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import type { Doomed } from './doomed-list.ts';
import { inBatches } from './in-batches.ts';
import { sweptKinds } from './judgement.ts';
import { readFilesBelow } from './trash-files.ts';
import { freeTrash } from './undo.ts';

export interface DisposalLimits {
  /** Ends it between two of them; the caller throws then. */
  readonly signal: AbortSignal;
  /** True when there is no more time for it in this window. */
  readonly until: () => boolean;
}

/** What becomes of things of one kind that a sweep takes, in any order among themselves; `done` of them were there, or were skipped. */
export type Disposal = (dead: readonly Doomed[], limits: DisposalLimits) => Promise<BulkResult>;

/**
 * Renames them into the trash, where a second mark judges them.
 * @param trash the name of a directory there, which `unusedTrash` gave
 * @param makeRoom where there is room when the storage is full
 */
export function moveToTrash(
  driver: StorageDriver,
  trash: string,
  makeRoom?: () => Promise<boolean>,
): Disposal {
  return (dead, { signal, until }) =>
    driver.moveMany(
      dead.map(({ path }) => ({ from: path, to: placeInTrash(trash, path) })),
      { until: () => signal.aborted || until(), ...(makeRoom && { makeRoom }) },
    );
}

/**
 * Removes them for good. A tag and an upload go by a rename all the same, and from there, so that no half of them is ever left; what no
 * registry has put there stays in the trash, as it does after a second mark.
 * @param trash as of `moveToTrash`
 */
export function removeAtOnce(driver: StorageDriver, trash: string): Disposal {
  const move = moveToTrash(driver, trash);
  return (dead, limits) => {
    const kind = dead[0]?.kind;
    return inParts(dead, limits, async (some, until) => {
      if (kind !== 'tag' && kind !== 'upload') return removeFiles(driver, some, until);
      await move(some, { ...limits, until });
      await emptyTrash(driver, trash, limits.signal);
    });
  };
}

/** Things that go together: a window gets on by so many at least, however slow the storage is. */
const together = 500;

/** Only whole parts count as done: what is removed again is not there. */
async function inParts(
  dead: readonly Doomed[],
  { signal, until }: DisposalLimits,
  remove: (some: readonly Doomed[], isOver: () => boolean) => Promise<void>,
): Promise<BulkResult> {
  let done = 0;
  const isOver = (): boolean => signal.aborted || (done > 0 && until());
  for (const some of inBatches(dead, together)) {
    if (isOver()) break;
    await remove(some, isOver);
    if (isOver()) break;
    done += some.length;
  }
  return { done, skipped: [] };
}

/** Each of them lies in a directory of its own, and a revision is named by that when nothing else is in it. */
async function removeFiles(
  driver: StorageDriver,
  dead: readonly Doomed[],
  until: () => boolean,
): Promise<void> {
  const files = dead.map(({ path }) => (/\/(link|data)$/.test(path) ? path : `${path}/link`));
  await driver.removeMany(files, { until, withDirectory: true });
}

async function emptyTrash(driver: StorageDriver, trash: string, signal: AbortSignal): Promise<void> {
  const found = await readFilesBelow(createBoundedReader(driver, signal), trashRunPath(trash));
  const swept = [...found.files].filter(({ layout }) => sweptKinds.has(layout?.kind));
  await freeTrash({ driver, signal }, found, { dead: swept, moved: [] });
}
