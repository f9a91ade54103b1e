import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import { spread } from '../storage/spread.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { nameOf } from './directory-walk.ts';
import { batch, inBatches } from './in-batches.ts';
import type { Mark } from './mark.ts';
import type { TrashFile } from './trash-files.ts';

interface Options {
  readonly driver: StorageDriver;
  readonly reader: BoundedReader;
  readonly signal: AbortSignal;
}

/**
 * Removes the directories that a sweep or an earlier deletion left empty, and nothing else; also while writes go on, for a commit makes
 * its directories again when they are gone.
 * @param mark what it found hollow, and its plan
 * @returns how many repositories have left the catalog by it
 */
export async function cleanStore(
  options: Options,
  { hollow, plan }: Pick<Mark, 'hollow' | 'plan'>,
): Promise<number> {
  await removeEach(options, hollow);
  const left = new Set(hollow.map(parentOf));
  await removeEach(options, [...left].filter(isBlobPrefix));
  let removed = 0;
  for (const [name, { lostTags, vanishes }] of plan.repositories) {
    for (const tag of lostTags) await removeEmptyTree(options, paths.tagPath(name, tag));
    if (vanishes && (await removeRepository(options, name))) removed++;
  }
  return removed;
}

/**
 * Removes the directories that files were swept out of, as far as nothing is in them. One that cannot be removed must not keep what is alive from
 * being put back: it is told to `warn`, and found empty later.
 */
export async function removeEmptied(
  { driver, signal, warn }: Pick<Options, 'driver' | 'signal'> & { warn?: (problem: string) => void },
  swept: { readonly length: number; at(index: number): Pick<TrashFile, 'layout' | 'origin'> | undefined },
): Promise<void> {
  const until = (): boolean => signal.aborted;
  // From all of the store in each batch: what lies in one directory is removed one after another.
  for (const files of inBatches(sweptAlone(spread(swept, batch)))) {
    const emptied = files.map(({ origin }) => parentOf(origin));
    await driver.removeMany(emptied, { until }).catch((error: unknown) => {
      warn?.(`not all directories that a sweep has emptied can be removed: ${String(error)}`);
    });
  }
  signal.throwIfAborted();
}

/** Of these a sweep takes the file alone. */
const withoutDirectory: ReadonlySet<string | undefined> = new Set(['blobData', 'layerLink', 'tagIndexLink']);

function* sweptAlone<T extends Pick<TrashFile, 'layout'>>(files: Iterable<T>): Generator<T> {
  for (const file of files) if (withoutDirectory.has(file.layout?.kind)) yield file;
}

/** Removes the directories of a repository that has nothing left, and parents that hold no other; tells whether it is gone. */
async function removeRepository(options: Options, name: string): Promise<boolean> {
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
