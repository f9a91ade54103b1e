import { randomBytes } from 'node:crypto';
import { isWriteRefusal } from '../registry/commit-gate.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';

/**
 * Bytes: what a name takes in its directory, in the worst case; a directory that no longer fits into its inode; and what a file system wants
 * free for a rename at all.
 */
const [perName, perDirectory, least] = [256, 4096, 256 * 1024];
/** Things for which there is room; a window of the operator moves no more. */
const most = 20_000;
/** How many times its size must be free: collections are no reason to refuse a push. */
const plenty = 4;

/**
 * Room on a file system for the names that a sweep makes in the trash, so that one that has become full since the mark is swept, and
 * thereby emptied, all the same. Where there are no bounds, or too little is free, it is none.
 */
export interface Reserve {
  /** Takes the room unless it is taken. */
  keep(things: number): Promise<void>;
  /** Gives it back. @returns whether there was anything to give since `keep` */
  release(): Promise<boolean>;
}

/** @param directories of the trash that were made beforehand */
export function createReserve(driver: StorageDriver, directories: number): Reserve {
  let kept = false;
  let released: Promise<void> | undefined;

  async function hasRoomFor(bytes: number): Promise<boolean> {
    const space = await driver.space?.();
    return space !== undefined && space.free >= plenty * bytes;
  }

  return {
    async keep(things) {
      if (kept && !released) return;
      const bytes = least + perName * Math.min(things, most) + perDirectory * Math.min(directories, most);
      if (things === 0 || !(await hasRoomFor(bytes))) return;
      try {
        // Random, because some file systems store zeros in no room at all.
        await driver.putContent(sweepReservePath, randomBytes(bytes));
        kept = true;
        released = undefined;
      } catch (error) {
        if (!isWriteRefusal(error)) throw error;
      }
    },
    async release() {
      if (!kept) return false;
      // Of several that find the storage full, the last may ask when the first has its room already.
      released ??= driver.delete(sweepReservePath);
      await released;
      return true;
    },
  };
}
