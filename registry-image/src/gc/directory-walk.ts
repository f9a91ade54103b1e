import { NotAFileError } from '../storage/errors.ts';
import type { BoundedReader } from './bounded-reader.ts';

export interface Directory {
  readonly path: string;
  readonly name: string;
  /** Reached through a symbolic link. */
  readonly isSymbolicLink: boolean;
}

/** Lists directories for marking and notes what a collection must not touch or cannot know. */
export interface DirectoryWalk {
  /** Directories in `path`, none when it does not exist; a symbolic link is followed and noted. */
  directories(path: string): Promise<Directory[]>;
  /** Symbolic links that were followed, a sentence each. */
  readonly followed: readonly string[];
  /** Symbolic links that could not be followed: what lies behind them is unknown. */
  readonly unknown: readonly string[];
}

/** @param linked the walk begins behind a symbolic link: a second one is not followed, for it may lead in a circle */
export function createDirectoryWalk(reader: BoundedReader, linked = false): DirectoryWalk {
  const followed: string[] = [];
  const unknown: string[] = [];

  async function isFollowed(path: string): Promise<boolean> {
    const named = await lookBehind(reader, path);
    if (named === 'file') return false;
    if (named === 'directory' && !linked) {
      followed.push(`${path} is a symbolic link`);
      return true;
    }
    unknown.push(`${path} is a symbolic link that cannot be followed; no blob is collected`);
    return false;
  }

  async function directories(path: string): Promise<Directory[]> {
    const found: Directory[] = [];
    for (const { name, kind } of (await reader.children(path)) ?? []) {
      const child = { path: `${path}/${name}`, name, isSymbolicLink: kind === 'symbolicLink' };
      if (kind === 'directory' || (child.isSymbolicLink && (await isFollowed(child.path)))) found.push(child);
    }
    return found;
  }

  return { followed, unknown, directories };
}

async function lookBehind(reader: BoundedReader, path: string): Promise<'directory' | 'file' | 'nothing'> {
  try {
    const entry = await reader.stat(path);
    if (!entry) return 'nothing';
    return entry.isDirectory ? 'directory' : 'file';
  } catch (error) {
    if (error instanceof NotAFileError) return 'nothing';
    throw error;
  }
}

/** Of the directories on the way to `path`, below the first one, those that are symbolic links to nothing, a sentence each. */
export async function hiddenOnTheWay(reader: BoundedReader, path: string): Promise<string[]> {
  const unknown: string[] = [];
  const names = path.split('/');
  for (let depth = 2; depth < names.length; depth++) {
    const walk = createDirectoryWalk(reader);
    await walk.directories(names.slice(0, depth).join('/'));
    const next = `${names.slice(0, depth + 1).join('/')} is`;
    unknown.push(...walk.unknown.filter((sentence) => sentence.startsWith(next)));
  }
  return unknown;
}

export function nameOf(entry: { readonly path: string }): string {
  return entry.path.slice(entry.path.lastIndexOf('/') + 1);
}
