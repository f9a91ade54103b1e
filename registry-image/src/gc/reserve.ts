import { randomFillSync } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { sweepReservePath } from '../storage/paths.ts';

/**
 * Bytes: what a name takes in its directory, in the worst case; a directory that no longer fits into its inode; and what a file system wants
 * free for a rename at all.
 */
const [perName, perDirectory, least] = [256, 4096, 1024 * 1024];
/** Names and directories for which there is room; a window of the operator moves no more. */
const [mostNames, mostDirectories] = [20_000, 2_000];
/** Bytes of a file of it: whoever else waits for room takes no more than that before a move that needs some is tried again. */
const piece = 1024 * 1024;
/** How many times its size must be free: collections are no reason to refuse a push. */
const plenty = 4;

/**
 * Room on a file system for the names that a sweep makes in the trash, so that one that has become full since the mark is swept, and
 * thereby emptied, all the same. It is only a help: where there are no bounds, too little is free or it cannot be written, there is none.
 */
export interface Reserve {
  /** Takes room for so many things, as far as it is not taken. */
  keep(things: number): Promise<void>;
  /** Gives a part of it back. @returns whether there was any */
  release(): Promise<boolean>;
  /** Gives all of it back. */
  drop(): Promise<void>;
}

/** @param directories of the trash that were made beforehand */
export function createReserve(driver: StorageDriver, directories: number): Reserve {
  const kept: string[] = [];
  let named = 0;
  let releases = 0;

  async function hasRoomFor(bytes: number): Promise<boolean> {
    const space = await driver.space?.();
    return space !== undefined && space.free >= plenty * bytes;
  }

  async function fill(bytes: number): Promise<void> {
    const before = releases;
    const content = Buffer.allocUnsafe(piece);
    while (kept.length * piece < bytes) {
      const path = `${sweepReservePath}/${++named}`;
      // Random, because some file systems store zeros, and what they have already, in no room at all.
      await driver.putContent(path, randomFillSync(content));
      kept.push(path);
      if (releases !== before) return;
    }
  }

  return {
    async keep(things) {
      const [names, parents] = [Math.min(things, mostNames), Math.min(directories, mostDirectories)];
      const bytes = least + perName * names + perDirectory * parents;
      try {
        if (things > 0 && (await hasRoomFor(bytes))) await fill(bytes);
      } catch {
        // Whatever is wrong with the storage is for the sweep to find.
      }
    },
    async release() {
      releases++;
      const path = kept.pop();
      if (path !== undefined) await driver.delete(path);
      return path !== undefined;
    },
    async drop() {
      releases++;
      kept.length = 0;
      await driver.delete(sweepReservePath);
    },
  };
}
