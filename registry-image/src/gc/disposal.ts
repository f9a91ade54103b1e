import { absentAsUndefined } from '../registry/links.ts';
import type { BulkResult } from '../storage/bulk-operations.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { parsePath } from '../storage/paths.ts';
import { placeInTrash } from '../storage/swept-paths.ts';
import type { Doomed } from './doomed-list.ts';
import { sweptKinds } from './judgement.ts';

export interface DisposalLimits {
  /** Ends it between two of them; the caller throws then. */
  readonly signal: AbortSignal;
  /** True when there is no more time for it in this window. */
  readonly until: () => boolean;
}

/** What becomes of things of one kind that a sweep takes, in any order among themselves; what is not there any more is skipped. */
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

/** Removes them for good, and the directories that they leave empty; of a directory only what a registry puts there. */
export function removeAtOnce(driver: StorageDriver): Disposal {
  return async (dead, { signal }) => {
    const until = (): boolean => signal.aborted;
    const [files, directories]: [string[], string[]] = [[], []];
    for (const { kind, path } of dead) {
      if (until()) break;
      if (kind === 'tag' || kind === 'upload') await removeTree(driver, path);
      else {
        const directory = directoryOf(path);
        files.push(directory === path ? `${path}/link` : path);
        directories.push(directory);
      }
    }
    await driver.removeMany(files, { until });
    await driver.removeMany(directories, { until });
    return { done: dead.length, skipped: [] };
  };
}

/** The directory of a digest, of which the file in it may be named. */
function directoryOf(path: string): string {
  return path.replace(/\/(link|data)$/, '');
}

/** In the order of names: of a tag what it names now goes first, of an upload the data. */
async function removeTree(driver: StorageDriver, path: string): Promise<void> {
  if (isSwept(path)) return driver.delete(path);
  for (const { name, kind } of (await absentAsUndefined(driver.children(path))) ?? []) {
    const child = `${path}/${name}`;
    if (kind === 'directory') await removeTree(driver, child);
    else if (kind === 'file' && isSwept(child)) await driver.delete(child);
  }
  await driver.removeIfEmpty(path);
}

function isSwept(path: string): boolean {
  return sweptKinds.has(parsePath(path)?.kind);
}
