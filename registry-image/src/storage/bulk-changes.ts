import { lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { lstat, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lanes } from './bulk-operations.ts';
import { type Treatment, treatInSlices } from './bulk-slices.ts';
import type { Move, StorageDriver } from './driver.ts';
import { hasCode, isAbsent, isFull } from './file-errors.ts';
import type { Call } from './quick-calls.ts';
import { spread } from './spread.ts';

/** Times that the directory of a target is made again, which somebody else removes at the same time. */
const attempts = 5;

/**
 * The changes of a file system that are many and need not each survive a crash.
 * @param files.locate the path in the file system of a storage path
 * @param files.removeIfEmpty of the driver, for directories that hold something that may be temporary
 * @param files.createCall asked once for each kind of change: one may wait where another does not
 */
export function createBulkChanges(files: {
  locate: (path: string) => string;
  removeIfEmpty: (path: string) => Promise<boolean>;
  createCall: () => Call;
}): Pick<StorageDriver, 'moveMany' | 'removeMany' | 'makeDirectories'> {
  const { locate, createCall } = files;
  const [moveCall, removeCall, makeCall] = [createCall(), createCall(), createCall()];

  function located({ from, to }: Move): Located {
    return { source: locate(from), target: locate(to) };
  }

  function createMoving(makeRoom: () => Promise<boolean>): Treatment<Move> {
    function sync(move: Move): boolean | undefined {
      try {
        return renameSyncIfThere(located(move));
      } catch (error) {
        if (isFull(error)) return undefined;
        throw error;
      }
    }

    async function moveOne(move: Move): Promise<boolean> {
      for (;;) {
        try {
          return await renameIfThere(located(move));
        } catch (error) {
          if (!isFull(error) || !(await makeRoom())) throw error;
        }
      }
    }

    return { sync, async: moveOne };
  }

  /** Most of those that are removed with one call are of one kind. */
  function createRemoving(): Treatment<string> {
    let likely = ofFiles;

    function sync(path: string): boolean | undefined {
      const removed = removeSync(locate(path), likely);
      return typeof removed === 'boolean' ? removed : undefined;
    }

    async function removeOne(path: string): Promise<boolean> {
      const tried = likely;
      let removed = await remove(locate(path), tried);
      if (removed instanceof Error) {
        const [refusal, other] = [removed, tried === ofFiles ? ofDirectories : ofFiles];
        likely = other;
        removed = await remove(locate(path), other);
        if (removed instanceof Error) throw refusal;
      }
      return removed === 'occupied' ? files.removeIfEmpty(path) : removed;
    }

    return { sync, async: removeOne };
  }

  /**
   * Of a directory that is a symbolic link the link stays. A file is removed once at most: somebody may have put another in its place.
   * @param occupied gets directories that hold something, which may be temporary
   */
  function createRemovingWithDirectory(occupied: string[]): Treatment<string> {
    const file = createRemoving();
    const note = (directory: string, removed: Removed): void => {
      if (removed === 'occupied') occupied.push(directory);
    };
    return {
      sync(path) {
        const [removed, directory] = [file.sync(path), dirname(path)];
        if (removed !== undefined) note(directory, removeSync(locate(directory), ofDirectories));
        return removed;
      },
      async async(path) {
        const [removed, directory] = [await file.async(path), dirname(path)];
        note(directory, await remove(locate(directory), ofDirectories));
        return removed;
      },
    };
  }

  const making: Treatment<string> = {
    sync: (path) => mkdirSync(locate(path), { recursive: true }) !== undefined,
    async: async (path) => (await mkdir(locate(path), { recursive: true })) !== undefined,
  };

  return {
    moveMany: (moves, options = {}) =>
      treatInSlices(moves, { ...createMoving(options.makeRoom ?? noRoom), call: moveCall }, options),
    // A file system removes one directory after another of those that lie in the same one, and neighbours mostly do.
    async removeMany(paths, { withDirectory = false, ...options } = {}) {
      const order = [...spread(paths, lanes)];
      const occupied: string[] = [];
      const treatment = withDirectory ? createRemovingWithDirectory(occupied) : createRemoving();
      await treatInSlices(order, { ...treatment, call: removeCall }, options);
      for (const directory of occupied) await files.removeIfEmpty(directory);
    },
    makeDirectories: async (paths) => void (await treatInSlices(paths, { ...making, call: makeCall })),
  };
}

const noRoom = (): Promise<boolean> => Promise.resolve(false);

interface Located {
  readonly source: string;
  readonly target: string;
}

/** Both say ENOENT: a source that is not there, and a directory of the target that is still to be made. */
function renameSyncIfThere({ source, target }: Located): boolean {
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(source, target);
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      if (!existsSync(source)) return false;
      if (attempt === attempts) throw error;
      mkdirSync(dirname(target), { recursive: true });
    }
  }
}

async function renameIfThere({ source, target }: Located): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(source, target);
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      if (!(await exists(source))) return false;
      if (attempt === attempts) throw error;
      await mkdir(dirname(target), { recursive: true });
    }
  }
}

/** Anything but absence is thrown. */
function existsSync(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

interface Removal {
  sync(path: string): void;
  async(path: string): Promise<void>;
  /** What it says of something that only the other removal removes; on Linux and elsewhere. */
  readonly refusals: readonly string[];
}

const ofFiles: Removal = { sync: unlinkSync, async: unlink, refusals: ['EISDIR', 'EPERM'] };
const ofDirectories: Removal = { sync: rmdirSync, async: rmdir, refusals: ['ENOTDIR'] };

/** An error: it may be of the other kind. */
type Removed = boolean | 'occupied' | Error;

function removeSync(path: string, removal: Removal): Removed {
  try {
    removal.sync(path);
    return true;
  } catch (error) {
    return notRemoved(error, removal);
  }
}

async function remove(path: string, removal: Removal): Promise<Removed> {
  try {
    await removal.async(path);
    return true;
  } catch (error) {
    return notRemoved(error, removal);
  }
}

function notRemoved(error: unknown, { refusals }: Removal): Removed {
  if (hasCode(error, ...refusals)) return error;
  if (isAbsent(error)) return false;
  if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return 'occupied';
  throw error;
}
