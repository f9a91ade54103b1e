import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { hasCode } from '../storage/file-errors.ts';
import { deletionPath, deletionsRoot, revisionLinkPath, revisionPath } from '../storage/paths.ts';
import type { CommitGate } from './commit-gate.ts';
import { type DoomedDirectory, findDoomed } from './doomed-directories.ts';
import { absentAsUndefined, readLink } from './links.ts';
import type { Tags } from './tags.ts';

/** Takes a revision away, durably, in a commit section of the caller, so that a kill leaves a note of what is still to be done. */
export async function beginDeletion(
  driver: StorageDriver,
  { repository, digest }: Omit<DoomedDirectory, 'path'>,
): Promise<DoomedDirectory> {
  const path = deletionPath(digest, randomUUID(), repository);
  const from = revisionPath(repository, digest);
  try {
    await absentAsUndefined(driver.move(from, path));
  } catch (error) {
    // A repository that was put on another file system, by a symbolic link, does without the note.
    if (!hasCode(error, 'EXDEV')) throw error;
    await driver.delete(from);
  }
  return { path, repository, digest };
}

/** Those that have begun and not ended: under way, or left by a process that was killed. */
export function findDeletions(driver: Pick<StorageDriver, 'children'>): Promise<DoomedDirectory[]> {
  return findDoomed(driver, deletionsRoot);
}

/**
 * Removes the tags of a push that ended meanwhile, unless a later one has brought the manifest again, and then the note. They are looked for
 * outside of a section: that takes long where there are many. Any process may do it, also beside the one that began.
 * @throws WritesRefusedError
 */
export async function endDeletion(
  { driver, gate, tags }: { driver: StorageDriver; gate: CommitGate; tags: Tags },
  { path, repository, digest }: DoomedDirectory,
  signal?: AbortSignal,
): Promise<void> {
  const isBack = async (): Promise<boolean> =>
    (await readLink(driver, revisionLinkPath(repository, digest))) !== undefined;
  const late = await tags.pointingAt(repository, digest);
  const section = async (): Promise<void> => {
    for (const tag of late) {
      if (await isBack()) return;
      await tags.removeFrom(repository, tag, digest);
      // The push that has brought it again at this very moment may have set this tag.
      if ((await isBack()) && (await tags.resolve(repository, tag)) === undefined)
        await tags.set(repository, tag, digest);
    }
  };
  const adds = [{ kind: 'manifest' as const, repository, digest }];
  if (late.length > 0) await gate.run(section, { signal, adds });
  await driver.delete(path);
  await driver.removeIfEmpty(path.slice(0, path.lastIndexOf('/')));
}
