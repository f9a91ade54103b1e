import type { Entry } from '../storage/driver.ts';
import type { BoundedReader } from './bounded-reader.ts';

/** Lists directories for marking and notes what a collection must not touch or cannot know. */
export interface DirectoryWalk {
  /** Directories in `path`, none when it does not exist; a symbolic link is followed and noted. */
  directories(path: string): Promise<Entry[]>;
  /** Symbolic links that were followed, a sentence each. */
  readonly followed: readonly string[];
  /** Symbolic links that could not be followed: what lies behind them is unknown. */
  readonly unknown: readonly string[];
}

/** @param linked the walk begins behind a symbolic link: a second one is not followed, for it may lead in a circle */
export function createDirectoryWalk(reader: BoundedReader, linked = false): DirectoryWalk {
  const followed: string[] = [];
  const unknown: string[] = [];

  function isFollowed(entry: Entry): boolean {
    if (!entry.isSymbolicLink) return entry.isDirectory;
    if (entry.isDirectory && !linked) {
      followed.push(`${entry.path} is a symbolic link`);
      return true;
    }
    if (entry.isDirectory || entry.modified === 0) {
      unknown.push(`${entry.path} is a symbolic link that cannot be followed; no blob is collected`);
    }
    return false;
  }

  return {
    followed,
    unknown,
    directories: async (path) => ((await reader.list(path)) ?? []).filter(isFollowed),
  };
}

export function nameOf(entry: Entry): string {
  return entry.path.slice(entry.path.lastIndexOf('/') + 1);
}
