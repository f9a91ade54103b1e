import type { Child, StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { parsePath, trashRoot } from '../storage/paths.ts';
import { placesInTrash } from '../storage/swept-paths.ts';
import { type CommitGate, isWriteRefusal } from './commit-gate.ts';
import type { Addition } from './journal.ts';
import { absentAsUndefined } from './links.ts';

/**
 * What a sweep has taken is not gone before the second mark has judged it. While every replica keeps to its window nothing of it
 * is missed; after one that did not (a clock that jumped, a collector whose last rename came late), what it made reachable is found
 * here until the second mark has put it back. Blobs, layer links and revision links alone: a rule takes a tag on purpose.
 */
export interface TrashRescue {
  /** The store as a read sees it that has missed something: what is missing is read from the trash, and nothing is changed. */
  readonly reading: StorageDriver;
  /**
   * Makes sure that a file is in the store, by renaming it back if need be, and tells whether it is. To be called in a commit
   * section, so that the second mark, which may be judging it at this moment, does not take it from under the commit.
   */
  bringBack(path: string): Promise<boolean>;
  /** Whether a sweep has taken anything that the second mark has not judged yet. */
  hasTrash(): Promise<boolean>;
  /** Does the same with several in a section of its own, for a HEAD that promises them; a window that refuses it leaves them where they are. */
  bringBackFor(held: Addition, paths: readonly string[], signal?: AbortSignal): Promise<void>;
}

export function createTrashRescue({
  driver,
  gate,
}: {
  driver: StorageDriver;
  gate: CommitGate;
}): TrashRescue {
  async function trashedRuns(): Promise<Child[]> {
    return (await absentAsUndefined(driver.children(trashRoot))) ?? [];
  }

  /** Where the trash may have a file. */
  async function placesOf(path: string): Promise<string[]> {
    const kind = parsePath(path)?.kind;
    if (kind !== 'blobData' && kind !== 'layerLink' && kind !== 'revisionLink') return [];
    return (await trashedRuns()).flatMap(({ name }) => placesInTrash(name, path));
  }

  /** Tries the store, the trash, and the store again: the second mark may put it back at this moment. */
  async function anywhere<T>(path: string, read: (place: string) => Promise<T>): Promise<T> {
    const found = await ifThere(read(path));
    if (found) return found.value;
    for (const place of await placesOf(path)) {
      const trashed = await ifThere(read(place));
      if (trashed) return trashed.value;
    }
    return read(path);
  }

  async function bringBack(path: string): Promise<boolean> {
    if (await absentAsUndefined(driver.stat(path))) return true;
    for (const place of await placesOf(path)) {
      const moved = await absentAsUndefined(renameBack(place, path));
      if (moved) return true;
    }
    // The second mark may just have put it back.
    return (await absentAsUndefined(driver.stat(path))) !== undefined;
  }

  /** With a new lease, so that a copy that a push brings at this very moment loses none by being replaced. */
  async function renameBack(place: string, path: string): Promise<true> {
    await driver.touch(place, Date.now());
    await driver.move(place, path);
    return true;
  }

  async function bringBackFor(held: Addition, paths: readonly string[], signal?: AbortSignal): Promise<void> {
    const section = async (): Promise<void> => {
      for (const path of paths) await bringBack(path);
    };
    try {
      await gate.run(section, { signal, adds: [held] });
    } catch (error) {
      if (!isWriteRefusal(error)) throw error;
    }
  }

  const reading: StorageDriver = {
    ...driver,
    getContent: (path) => anywhere(path, (place) => driver.getContent(place)),
    reader: (path, range) => anywhere(path, (place) => driver.reader(place, range)),
    stat: async (path) => ({ ...(await anywhere(path, (place) => driver.stat(place))), path }),
  };
  return { reading, hasTrash: async () => (await trashedRuns()).length > 0, bringBack, bringBackFor };
}

async function ifThere<T>(result: Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await result };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
