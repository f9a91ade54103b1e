import { randomBytes } from 'node:crypto';
import { isWriteRefusal } from '../registry/commit-gate.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';

/**
 * Bytes: what a name takes in its directory, in the worst case; a directory that no longer fits into its inode; and what a file system wants
 * free for a rename at all.
 */
const [perName, perDirectory, least] = [256, 4096, 256 * 1024];
/** Names and directories for which there is room; a window of the operator moves no more. */
const [mostNames, mostDirectories] = [20_000, 2_000];
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

/** Random, because some file systems store zeros in no room at all. */
const piece = randomBytes(64 * 1024);

/** @param directories of the trash that were made beforehand */
export function createReserve(driver: StorageDriver, directories: number): Reserve {
  let kept = false;
  let released: Promise<void> | undefined;

  async function hasRoomFor(bytes: number): Promise<boolean> {
    const space = await driver.space?.();
    return space !== undefined && space.free >= plenty * bytes;
  }

  async function write(bytes: number): Promise<void> {
    await driver.delete(sweepReservePath);
    const appender = await driver.appender(sweepReservePath, { create: true });
    try {
      for (let left = bytes; left > 0; left -= piece.length) await appender.write([piece.subarray(0, left)]);
      await appender.sync();
    } finally {
      await appender.close();
    }
  }

  return {
    async keep(things) {
      if (kept && !released) return;
      const [names, parents] = [Math.min(things, mostNames), Math.min(directories, mostDirectories)];
      const bytes = least + perName * names + perDirectory * parents;
      if (things === 0 || !(await hasRoomFor(bytes))) return;
      try {
        await write(bytes);
        kept = true;
        released = undefined;
      } catch (error) {
        if (!isWriteRefusal(error)) throw error;
        await driver.delete(sweepReservePath);
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
