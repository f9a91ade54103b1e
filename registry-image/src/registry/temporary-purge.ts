import type { Entry, StorageDriver } from '../storage/driver.ts';
import { blobsRoot, ownRoot, repositoriesRoot } from '../storage/paths.ts';
import { absentAsUndefined } from './links.ts';

/** Levels below the registry's own root on which it writes files of its own; deeper lies only what was swept. */
const ownLevels = 2;

/**
 * Removes the temporary files that processes which were killed left beside blobs, links and the registry's own files, and the directories
 * that hold nothing else. Those of uploads go with their upload.
 * @param options.deadline milliseconds since the epoch; what was changed later may still be written to
 * @param options.failed something could not be looked at or removed; the rest is
 */
export async function purgeTemporaries(
  driver: StorageDriver,
  options: { deadline: number; failed: (path: string, error: unknown) => void },
): Promise<void> {
  if (!driver.temporaries) return;
  const { deadline, failed } = options;
  await purgeBelow(blobsRoot);
  await purgeBelow(repositoriesRoot);
  await purgeBelow(ownRoot, ownLevels);

  async function purgeBelow(directory: string, levels = Number.POSITIVE_INFINITY): Promise<void> {
    try {
      for (const child of levels > 0 ? await entriesOf(driver.list(directory)) : []) {
        if (child.isDirectory && !child.isSymbolicLink && !child.path.endsWith('/_uploads')) {
          await purgeBelow(child.path, levels - 1);
        }
      }
      await purgeIn(directory);
    } catch (error) {
      failed(directory, error);
    }
  }

  async function purgeIn(directory: string): Promise<void> {
    const found = (await absentAsUndefined(driver.temporaries?.(directory) ?? Promise.resolve([]))) ?? [];
    const stale = found.filter(({ modified }) => modified <= deadline);
    for (const { path } of stale) await driver.delete(path);
    if (stale.length > 0) await driver.removeIfEmpty(directory);
  }
}

async function entriesOf(listed: Promise<Entry[]>): Promise<Entry[]> {
  return (await absentAsUndefined(listed)) ?? [];
}
