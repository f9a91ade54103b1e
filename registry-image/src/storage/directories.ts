import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, isAbsent } from './file-errors.ts';

/**
 * Runs `work` in a directory that exists; a collection may remove the directory while it is still empty. Durable: a
 * directory that had to be made is still there after a crash.
 */
export async function inDirectory<T>(
  directory: string,
  options: { durable: boolean },
  work: (directory: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(directory);
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || attempt === 5) throw error;
      const created = await mkdir(directory, { recursive: true }).catch((problem: unknown) => {
        if (hasCode(problem, 'ENOENT')) return undefined;
        throw problem;
      });
      if (options.durable && created !== undefined) await syncCreated(created, directory);
    }
  }
}

/** Makes the entries of newly created directories durable, from the parent of the first down to the last one's. */
async function syncCreated(first: string, last: string): Promise<void> {
  for (
    let directory = dirname(last);
    directory.length >= dirname(first).length;
    directory = dirname(directory)
  ) {
    await syncDirectory(directory);
    if (directory === dirname(directory)) return;
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(directory, 'r');
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
