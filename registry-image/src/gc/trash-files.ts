import type { Child } from '../storage/driver.ts';
import { parsePath, trashRoot, type LayoutPath } from '../storage/paths.ts';
import { sweptFrom } from '../storage/swept-paths.ts';
import { type BoundedReader, forEachFile, forEachGrowing } from './bounded-reader.ts';
import { gatherList } from './gathered.ts';
import { createMemory, type Memory } from './memory.ts';
import { createPackedTrash } from './packed-trash.ts';

/** One file that a collection swept. */
export interface TrashFile {
  readonly path: string;
  /** Directory of the trash that it lies in (RUN-ATTEMPT). */
  readonly run: string;
  /** The path that it was swept from. */
  readonly origin: string;
  /** What it was there; undefined for what no collection swept. */
  readonly layout: LayoutPath | undefined;
  /** Bytes; 0 where nobody asks for it. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 where nobody asks for it. */
  readonly modified: number;
}

/** Many of them, each made anew when it is asked for. */
export interface TrashFiles extends Iterable<TrashFile> {
  readonly length: number;
  /** `index` is below the length. */
  at(index: number): TrashFile;
}

export interface Trash {
  readonly files: TrashFiles;
  /** The directory that they all lie below. */
  readonly top: string;
  /** Directories with nothing in them. */
  readonly hollow: readonly string[];
}

/** All that any run left in the trash. */
export async function readTrash(reader: BoundedReader, memory = createMemory()): Promise<Trash> {
  return readBelow(reader, { path: trashRoot, run: undefined }, memory);
}

/** What lies below a directory that holds one run's paths. */
export async function readFilesBelow(reader: BoundedReader, directory: string): Promise<Trash> {
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  const run = { name, path: directory };
  return readBelow(reader, { path: directory, run }, createMemory());
}

interface Run {
  readonly name: string;
  readonly path: string;
}

interface Below {
  readonly path: string;
  /** Undefined for the directory of all runs. */
  readonly run: Run | undefined;
}

async function readBelow(reader: BoundedReader, top: Below, memory: Memory): Promise<Trash> {
  const files = gatherList(memory, createPackedTrash, asList);
  const hollow: string[] = [];
  await forEachGrowing(top, async (directory, add) => {
    const children = (await reader.children(directory.path)) ?? [];
    if (children.length === 0) hollow.push(directory.path);
    const found: Found[] = [];
    for (const { name, kind } of children) {
      const path = `${directory.path}/${name}`;
      if (kind === 'directory') add({ path, run: directory.run ?? { name, path } });
      else found.push(foundAt(path, directory.run, kind));
    }
    await forEachFile(reader, found, {
      pathOf: (file) => (isToldByPath(file) ? undefined : file.path),
      tell(file, seen) {
        if (seen) files.push(asSeen(file, seen));
        return true;
      },
      async ask(file) {
        const entry = isToldByPath(file) ? { size: 0, modified: 0 } : await reader.stat(file.path);
        // It may not be there any more.
        if (entry) files.push(asSeen(file, entry));
      },
    });
  });
  return { files: files.list, top: top.path, hollow };
}

function asList(files: TrashFile[]): TrashFiles {
  return {
    length: files.length,
    at: (index) => files[index] as TrashFile,
    [Symbol.iterator]: () => files[Symbol.iterator](),
  };
}

type Found = Omit<TrashFile, 'size' | 'modified'>;

function foundAt(path: string, run: Run | undefined, kind: Child['kind']): Found {
  const origin = run ? sweptFrom(path.slice(run.path.length)) : '';
  return {
    path,
    run: run?.name ?? '',
    origin,
    layout: kind === 'symbolicLink' ? undefined : parsePath(origin),
  };
}

/** Whether all that anybody asks for is told without a look. */
function isToldByPath({ layout }: Found): boolean {
  return !layout || layout.kind === 'tagIndexLink';
}

function asSeen(file: Found, { size, modified }: Pick<TrashFile, 'size' | 'modified'>): TrashFile {
  const { layout } = file;
  if (layout?.kind === 'tagIndexLink') return { ...file, size: layout.digest.length, modified: 0 };
  if (layout?.kind === 'tagCurrentLink') return { ...file, size: 0, modified };
  return { ...file, size, modified: layout?.kind === 'blobData' ? 0 : modified };
}
