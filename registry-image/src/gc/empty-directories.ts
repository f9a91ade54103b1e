import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';
import type { Mark } from './mark.ts';

interface Options {
  readonly driver: StorageDriver;
  readonly reader: BoundedReader;
  readonly signal: AbortSignal;
}

/** Removes the directories that a sweep or an earlier deletion left empty, and nothing else. */
export async function removeHollow(options: Options, mark: Mark): Promise<void> {
  await removeEach(options, mark.hollow);
  const left = [...mark.doomed.map(({ path }) => path), ...mark.hollow].map(parentOf);
  await removeEach(options, [...new Set(left)].filter(isBlobPrefix));
  for (const [name, { lostTags }] of mark.plan.repositories) {
    for (const tag of lostTags) await removeEmptyTree(options, paths.tagPath(name, tag));
  }
}

/** Removes the directories of a repository that has nothing left, and parents that hold no other; tells whether it is gone. */
export async function removeRepository(options: Options, name: string): Promise<boolean> {
  const path = paths.repositoryPath(name);
  const children = (await options.reader.list(path)) ?? [];
  let gone = true;
  for (const child of children.filter((entry) => nameOf(entry).startsWith('_'))) {
    if (child.isDirectory && !child.isSymbolicLink)
      gone = (await removeEmptyTree(options, child.path)) && gone;
  }
  for (let parent = path; parent !== paths.repositoriesRoot; parent = parentOf(parent)) {
    if (!(await options.driver.removeIfEmpty(parent))) break;
  }
  return gone;
}

/** Removes a directory if it holds nothing but directories for which the same is true. */
async function removeEmptyTree(options: Options, path: string): Promise<boolean> {
  options.signal.throwIfAborted();
  for (const entry of (await options.reader.list(path)) ?? []) {
    if (entry.isDirectory && !entry.isSymbolicLink) await removeEmptyTree(options, entry.path);
  }
  return options.driver.removeIfEmpty(path);
}

async function removeEach({ driver, signal }: Options, directories: readonly string[]): Promise<void> {
  await forEachBounded(directories, async (path) => {
    signal.throwIfAborted();
    await driver.removeIfEmpty(path);
  });
}

function isBlobPrefix(path: string): boolean {
  return (
    path.startsWith(`${paths.blobsRoot}/`) && path.split('/').length === paths.blobsRoot.split('/').length + 2
  );
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
