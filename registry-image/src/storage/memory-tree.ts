import { checkStoragePath } from './storage-path.ts';

export interface File {
  readonly kind: 'file';
  /** Never changed in place: a reader may have them. */
  readonly pieces: Buffer[];
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch. */
  modified: number;
  /** Different for every content of every file. */
  version: number;
  /** The appender that may write. */
  writer?: symbol;
}

export interface Directory {
  readonly kind: 'directory';
  readonly children: Map<string, File | Directory>;
  modified: number;
}

/** Files and directories by path. */
export interface Tree {
  find(path: string): File | Directory | undefined;
  /** Puts something in the place of a file or of nothing, and makes the directories above it. */
  put(path: string, node: File | Directory): void;
  remove(path: string): void;
}

/** @param now the time, in milliseconds since the epoch */
export function createTree(now: () => number): Tree {
  const root = newDirectory(now());

  function find(path: string): File | Directory | undefined {
    let node: File | Directory | undefined = root;
    for (const name of namesOf(path)) {
      if (node?.kind !== 'directory') return undefined;
      node = node.children.get(name);
    }
    return node;
  }

  function directoryFor(path: string, names: readonly string[]): Directory {
    let directory = root;
    for (const name of names) {
      let child = directory.children.get(name);
      if (!child) {
        child = newDirectory(now());
        directory.children.set(name, child);
        directory.modified = now();
      }
      if (child.kind === 'file') throw new Error(`${path}: ${name} is not a directory`);
      directory = child;
    }
    return directory;
  }

  return {
    find,
    put(path, node) {
      const names = namesOf(path);
      const name = names.pop();
      if (name === undefined) throw new Error('the root cannot be replaced');
      const directory = directoryFor(path, names);
      const old = directory.children.get(name);
      if (old?.kind === 'directory' && (node.kind === 'file' || old.children.size > 0))
        throw new Error(`${path}: is a directory`);
      directory.children.set(name, node);
      directory.modified = now();
    },
    remove(path) {
      const names = namesOf(path);
      const name = names.pop();
      const directory = name === undefined ? undefined : find(`/${names.join('/')}`);
      if (name === undefined || directory?.kind !== 'directory') return;
      if (directory.children.delete(name)) directory.modified = now();
    },
  };
}

function newDirectory(modified: number): Directory {
  return { kind: 'directory', children: new Map(), modified };
}

function namesOf(path: string): string[] {
  checkStoragePath(path);
  return path.split('/').filter((name) => name !== '');
}
