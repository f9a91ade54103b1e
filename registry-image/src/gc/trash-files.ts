import type { Child } from '../storage/driver.ts';
import { parsePath, trashRoot, type LayoutPath } from '../storage/paths.ts';
import { sweptFrom } from '../storage/swept-paths.ts';
import { type BoundedReader, forEachAhead, forEachGrowing } from './bounded-reader.ts';
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
export async function readTrash(reader: BoundedReader, digests = createDigestTable()): Promise<Trash> {
  return readBelow(reader, { path: trashRoot, run: undefined }, digests);
}

/** What lies below a directory that holds one run's paths. */
export async function readFilesBelow(reader: BoundedReader, directory: string): Promise<Trash> {
  const name = directory.slice(directory.lastIndexOf('/') + 1);
  const run = { name, path: directory };
  return readBelow(reader, { path: directory, run }, createDigestTable());
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

async function readBelow(reader: BoundedReader, top: Below, digests: DigestTable): Promise<Trash> {
  const files = createPackedTrash(digests);
  const hollow: string[] = [];
  await forEachGrowing(top, async (directory, add) => {
    const children = (await reader.children(directory.path)) ?? [];
    if (children.length === 0) hollow.push(directory.path);
    const pathOf = ({ name }: Child): string => `${directory.path}/${name}`;
    for (const child of children) {
      const path = pathOf(child);
      if (child.kind === 'directory') add({ path, run: directory.run ?? { name: child.name, path } });
    }
    const others = children.filter(({ kind }) => kind !== 'directory');
    await forEachAhead(reader, others, { pathOf, depth: 0 }, async (near, child) => {
      const [path, { kind }] = [pathOf(child), child];
      await addFile(near, files, { path, run: directory.run, isLink: kind === 'symbolicLink' });
    });
  });
  return { files, top: top.path, hollow };
}

async function addFile(
  reader: BoundedReader,
  files: PackedTrash,
  { path, run, isLink }: { path: string; run: Run | undefined; isLink: boolean },
): Promise<void> {
  const origin = run ? sweptFrom(path.slice(run.path.length)) : '';
  const layout = isLink ? undefined : parsePath(origin);
  const told = await look(reader, path, layout);
  if (told) files.push({ path, run: run?.name ?? '', origin, layout, ...told });
}

/** Undefined when it is not there any more. */
async function look(
  reader: BoundedReader,
  path: string,
  layout: LayoutPath | undefined,
): Promise<Pick<TrashFile, 'size' | 'modified'> | undefined> {
  if (!layout) return { size: 0, modified: 0 };
  if (layout.kind === 'tagIndexLink') return { size: layout.digest.length, modified: 0 };
  const entry = await reader.stat(path);
  if (!entry) return undefined;
  if (layout.kind === 'tagCurrentLink') return { size: 0, modified: entry.modified };
  return { size: entry.size, modified: layout.kind === 'blobData' ? 0 : entry.modified };
}
