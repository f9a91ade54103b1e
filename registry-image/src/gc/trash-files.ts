import type { Child } from '../storage/driver.ts';
import { parsePath, trashRoot, type LayoutPath } from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { createDigestTable, type DigestTable } from './digest-table.ts';
import { createPackedTrash, type PackedTrash } from './packed-trash.ts';

/** One file that a collection swept. */
export interface TrashFile {
  readonly path: string;
  /** Directory of the trash that it lies in (RUN-ATTEMPT). */
  readonly run: string;
  /** The path that it was swept from. */
  readonly origin: string;
  /** What it was there; undefined for what no collection swept. */
  readonly layout: LayoutPath | undefined;
  /** Bytes. */
  readonly size: number;
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
  /** Directories that hold others, or nothing, by their depth; those that hold files alone are told by the files. */
  readonly directories: readonly (readonly string[])[];
}

/** All that any run left in the trash. */
export async function readTrash(reader: BoundedReader, digests = createDigestTable()): Promise<Trash> {
  const trash = createBelow(digests, (path) => {
    const parsed = parsePath(path);
    return parsed?.kind === 'trash' ? parsed : { run: '', path: '' };
  });
  await trash.visit(reader, trashRoot, 0);
  return trash;
}

/** What lies below a directory that holds one run's paths. */
export async function readFilesBelow(reader: BoundedReader, directory: string): Promise<Trash> {
  const run = directory.slice(directory.lastIndexOf('/') + 1);
  const origin = (path: string): string => path.slice(directory.length);
  const trash = createBelow(createDigestTable(), (path) => ({ run, path: origin(path) }));
  await trash.visit(reader, directory, 0);
  return trash;
}

interface Below extends Trash {
  visit(reader: BoundedReader, directory: string, depth: number): Promise<void>;
}

function createBelow(
  digests: DigestTable,
  originOf: (path: string) => { readonly run: string; readonly path: string },
): Below {
  const files: PackedTrash = createPackedTrash(digests);
  const directories: string[][] = [];

  async function add(reader: BoundedReader, path: string, { kind }: Child): Promise<void> {
    const { run, path: origin } = originOf(path);
    const layout = kind === 'symbolicLink' ? undefined : parsePath(origin);
    const looked = layout && isLookedAt(layout) ? await reader.stat(path) : { size: 0, modified: 0 };
    if (looked) files.push({ path, run, origin, layout, size: looked.size, modified: looked.modified });
  }

  async function visit(reader: BoundedReader, directory: string, depth: number): Promise<void> {
    const children = (await reader.children(directory)) ?? [];
    if (children.length === 0 || children.some(({ kind }) => kind === 'directory'))
      (directories[depth] ??= []).push(directory);
    await forEachBounded(children, async (child) => {
      const path = `${directory}/${child.name}`;
      await (child.kind === 'directory' ? visit(reader, path, depth + 1) : add(reader, path, child));
    });
  }

  return { files, directories, visit };
}

/** What matters of it is more than that it is there. */
function isLookedAt({ kind }: LayoutPath): boolean {
  return kind !== 'tagIndexLink';
}
