import { randomBytes } from 'node:crypto';
import { isWriteRefusal } from '../registry/commit-gate.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';

/** Bytes: what a name takes in its directory, in the worst case, and what a file system wants free for a rename at all. */
const [perThing, least] = [256, 256 * 1024];
/** Things; no window moves more. */
const most = 20_000;

/**
 * Room on a file system for the names that a sweep makes in the trash, so that one that has become full since the mark is swept, and
 * thereby emptied, all the same.
 */
export interface Reserve {
  /** Takes the room unless it is taken; a file system that is too full for that may become so without it. */
  keep(things: number): Promise<void>;
  /** Gives it back, in a sweep that found the file system full. @returns whether there was anything to give since `keep` */
  release(): Promise<boolean>;
}

/** @param trash the directory of the run in the trash, after which the reserve is named */
export function createReserve(driver: StorageDriver, trash: string): Reserve {
  const path = sweepReservePath(trash);
  let kept = false;
  let released: Promise<void> | undefined;
  return {
    async keep(things) {
      if ((kept && !released) || !driver.space || things === 0) return;
      // Random, because some file systems store zeros in no room at all.
      const content = randomBytes(least + perThing * Math.min(things, most));
      try {
        await driver.putContent(path, content);
        kept = true;
      } catch (error) {
        if (!isWriteRefusal(error)) throw error;
        kept = false;
      }
      released = undefined;
    },
    async release() {
      if (!kept) return false;
      // Of several that find the storage full, the last may ask when the first has its room already.
      released ??= driver.delete(path);
      await released;
      return true;
    },
  };
}
