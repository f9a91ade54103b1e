import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';

/** Milliseconds without a change after which nobody writes a file any more. */
const abandonedAfter = 24 * 3_600_000;

/** Removes what runs that were killed left in a directory for files that are being written. */
export async function removeAbandoned(driver: StorageDriver, directory: string): Promise<void> {
  try {
    for (const { path, modified } of await driver.list(directory))
      if (Date.now() - modified > abandonedAfter) await driver.delete(path);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
