import { dirname } from 'node:path/posix';
import { treatInBulk } from './bulk-operations.ts';
import type { Appender, Content, Entry, Move, StorageDriver } from './driver.ts';
import { NotAFileError, NotFoundError, OvertakenError } from './errors.ts';
import { createTree, type Directory, type File } from './memory-tree.ts';

/** What is appended is kept in pieces of about this length (bytes). */
const pieceSize = 64 * 1024;

/**
 * Keeps files in the memory of this process, without any bound. Other processes reach it through storage/remote.ts.
 * @param options.now the time, in milliseconds since the epoch
 */
export function createMemoryDriver(options: { now?: () => number } = {}): StorageDriver {
  const now = options.now ?? Date.now;
  const tree = createTree(now);
  let versions = 0;

  function nodeAt(path: string): File | Directory {
    const found = tree.find(path);
    if (!found) throw new NotFoundError(path);
    return found;
  }

  function fileAt(path: string): File {
    const found = nodeAt(path);
    if (found.kind === 'directory') throw new NotAFileError(path);
    return found;
  }

  function newFile(pieces: Buffer[]): File {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return { kind: 'file', pieces, size, modified: now(), version: ++versions };
  }

  function append(file: File, chunk: Buffer): void {
    const last = file.pieces.at(-1);
    if (last && last.length + chunk.length <= pieceSize) {
      file.pieces[file.pieces.length - 1] = Buffer.concat([last, chunk]);
    } else {
      file.pieces.push(copyOf(chunk));
    }
    file.size += chunk.length;
    file.modified = now();
    file.version = ++versions;
  }

  async function appender(path: string, { create = true }: { create?: boolean } = {}): Promise<Appender> {
    if (create && !tree.find(path)) tree.put(path, newFile([]));
    const file = fileAt(path);
    const writer = Symbol('writer');
    file.writer = writer;
    const check = (): void => {
      if (nodeAt(path) !== file || file.writer !== writer) throw new OvertakenError(path);
    };
    return {
      offset: file.size,
      version: String(file.version),
      async write(chunks) {
        check();
        for (const chunk of chunks) append(file, chunk);
      },
      async sync() {},
      async finish() {
        check();
        return String(file.version);
      },
      async close() {},
    };
  }

  function describe(path: string, node: File | Directory): Entry {
    const isDirectory = node.kind === 'directory';
    return { path, isDirectory, size: node.kind === 'file' ? node.size : 0, modified: node.modified };
  }

  async function list(path: string): Promise<Entry[]> {
    const directory = nodeAt(path);
    if (directory.kind === 'file') throw new NotFoundError(path);
    return [...directory.children]
      .map(([name, child]) => describe(path === '/' ? `/${name}` : `${path}/${name}`, child))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function move(from: string, to: string): Promise<void> {
    if (!moveIfThere({ from, to })) throw new NotFoundError(from);
  }

  async function publish(from: string, to: string, size: number): Promise<void> {
    const file = fileAt(from);
    tree.put(to, { ...newFile([...piecesOf(file.pieces, 0, size)]), modified: file.modified });
    tree.remove(from);
  }

  function moveIfThere({ from, to }: Move): boolean {
    const node = tree.find(from);
    if (!node) return false;
    tree.put(to, node);
    tree.remove(from);
    return true;
  }

  function removeEmptyDirectory(path: string): boolean {
    return tree.find(path)?.kind === 'directory' && removeUnlessOccupied(path);
  }

  function removeUnlessOccupied(path: string): boolean {
    const node = tree.find(path);
    if (!node || (node.kind === 'directory' && node.children.size > 0)) return false;
    tree.remove(path);
    return true;
  }

  return {
    name: 'inmemory',
    getContent: async (path) => Buffer.concat(fileAt(path).pieces),
    putContent: async (path, content) => tree.put(path, newFile([copyOf(Buffer.from(content))])),
    async append(path, text) {
      if (!tree.find(path)) tree.put(path, newFile([]));
      append(fileAt(path), Buffer.from(text));
    },
    async reader(path, range) {
      const file = fileAt(path);
      return contentOf(
        [...file.pieces],
        range?.start ?? 0,
        Math.min(file.size, (range?.end ?? file.size) + 1),
      );
    },
    appender,
    stat: async (path) => describe(path, nodeAt(path)),
    list,
    children: async (path) =>
      (await list(path)).map((entry) => ({
        name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
        kind: entry.isDirectory ? 'directory' : 'file',
      })),
    move,
    publish,
    async settle() {},
    delete: async (path) => tree.remove(path),
    removeIfEmpty: async (path) => removeEmptyDirectory(path),
    moveMany: (moves, given) => treatInBulk(moves, async (each) => moveIfThere(each), given),
    async removeMany(removed, { withDirectory = false, ...given } = {}) {
      const remove = async (path: string): Promise<boolean> => {
        const isRemoved = removeUnlessOccupied(path);
        if (withDirectory) removeEmptyDirectory(dirname(path));
        return isRemoved;
      };
      await treatInBulk(removed, remove, given);
    },
    async makeDirectories() {},
    async touch(path, modified) {
      nodeAt(path).modified = modified;
    },
  };
}

function contentOf(pieces: readonly Buffer[], start: number, end: number): Content {
  return {
    async *[Symbol.asyncIterator]() {
      yield* piecesOf(pieces, start, end);
    },
    async close() {},
  };
}

/** Bytes [start, end) of what these pieces are together. */
function* piecesOf(pieces: readonly Buffer[], start: number, end: number): Generator<Buffer> {
  let offset = 0;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    if (part.length > 0) yield part;
    offset += piece.length;
    if (offset >= end) return;
  }
}

/** Memory of its own: a chunk may be a small part of something large. */
function copyOf(chunk: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  chunk.copy(copy);
  return copy;
}
