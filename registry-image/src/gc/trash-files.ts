import type { Entry } from '../storage/driver.ts';
import { parsePath, trashRoot, type LayoutPath } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';

/** One file of the trash. */
export interface TrashFile {
  readonly path: string;
  /** The path that it was swept from. */
  readonly origin: string;
  /** What it was there; undefined for what no collection swept. */
  readonly layout: LayoutPath | undefined;
  readonly size: number;
  readonly modified: number;
}

export interface Trash {
  readonly files: readonly TrashFile[];
  /** By depth, the run's own first. */
  readonly directories: readonly (readonly string[])[];
}

/** All that any run left in the trash. */
export async function readTrash(reader: BoundedReader): Promise<Trash> {
  const files: TrashFile[] = [];
  const directories: string[][] = [];
  let level = [trashRoot];
  while (level.length > 0) {
    const lists = await Promise.all(level.map((path) => reader.list(path)));
    level = [];
    for (const entry of lists.flatMap((list) => list ?? [])) {
      if (entry.isDirectory && !entry.isSymbolicLink) level.push(entry.path);
      else files.push(trashFile(entry));
    }
    directories.push(level);
  }
  return { files, directories };
}

function trashFile(entry: Entry): TrashFile {
  const parsed = parsePath(entry.path);
  const origin = parsed?.kind === 'trash' ? parsed.path : '';
  return {
    path: entry.path,
    origin,
    layout: entry.isSymbolicLink ? undefined : parsePath(origin),
    size: entry.size,
    modified: entry.modified,
  };
}
