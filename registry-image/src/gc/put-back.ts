import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { restoreOrder } from './judgement.ts';
import type { TrashFile } from './trash-files.ts';

export interface PutBackOptions {
  readonly driver: StorageDriver;
  readonly reader: BoundedReader;
  /** Milliseconds since the epoch; what is put back gets a new lease from then. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface PutBack {
  /**
   * Digests of which something was put back; not for an entry in the index of a tag alone, which comes back whenever its manifest is pushed
   * again, by whatever name, before the second mark.
   */
  readonly restored: number;
  /** What the store has again, and what no collection may put back. */
  readonly obsolete: readonly TrashFile[];
}

/** Renames files of the trash to where they were, bottom-up: nothing visible lacks what it refers to. */
export async function putBack(run: PutBackOptions, files: readonly TrashFile[]): Promise<PutBack> {
  const digests = new Set<string>();
  const obsolete: TrashFile[] = files.filter(({ layout }) => !layout || !restoreOrder.includes(layout.kind));
  for (const kind of restoreOrder) {
    const level = files.filter((file) => file.layout?.kind === kind);
    await forEachBounded(level, async (file) => {
      run.signal.throwIfAborted();
      if (!(await restore(run, file))) obsolete.push(file);
      else if (file.layout && 'digest' in file.layout && kind !== 'tagIndexLink')
        digests.add(file.layout.digest);
    });
  }
  return { restored: digests.size, obsolete };
}

/**
 * Puts one file back unless the store has it again, and tells whether it did. Its lease begins anew, so that a copy
 * that a push brings at this very moment loses none by being replaced. A tag keeps its time: it is no newer for having been away.
 */
async function restore({ driver, reader, now }: PutBackOptions, file: TrashFile): Promise<boolean> {
  if (await reader.stat(file.origin)) return false;
  try {
    if (file.layout?.kind !== 'tagCurrentLink') await driver.touch(file.path, now);
    await driver.move(file.path, file.origin);
    return true;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    if (await reader.stat(file.path))
      throw new Error(`${file.origin} cannot be put back: a directory above it leads nowhere`, {
        cause: error,
      });
    // A commit has brought it back itself (registry/trash-rescue.ts).
    return false;
  }
}
