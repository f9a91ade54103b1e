import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
} from 'node:fs';
import type { Child } from './driver.ts';
import { hasCode } from './file-errors.ts';
import { temporaryName } from './temporary-files.ts';

/** What a look at a file told (bytes, milliseconds since the epoch); null: nothing is there. */
export type Surveyed = { readonly size: number; readonly modified: number; readonly content?: Buffer } | null;

/** In the order of the paths, perhaps of fewer; of what is undefined nothing is known. */
export type Survey = readonly (Surveyed | undefined)[];

export function childOf(found: Dirent): Child {
  const { name } = found;
  if (found.isDirectory()) return { name, kind: 'directory' };
  return { name, kind: found.isSymbolicLink() ? 'symbolicLink' : 'file' };
}

/** The children of a directory as they are told: sorted by name, without what is temporary. */
export function visibleChildren(found: readonly Dirent[]): Child[] {
  const visible = found.filter(({ name }) => !temporaryName.test(name)).map(childOf);
  return visible.length < 2 ? visible : visible.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** After so many milliseconds, paths, or bytes, a survey ends with what it has: a whole process waits for it, and keeps all of it. */
const most = { milliseconds: 25, paths: 2_000, bytes: 4 * 1024 * 1024 };

export interface SurveyOptions {
  /** Bytes of the largest files whose content is told as well; without it no content is. */
  readonly contentUpTo?: number;
}

/**
 * Looks at files, synchronously. Tells nothing of symbolic links, directories, whatever cannot be told and what it has no time for: who
 * needs it asks for it by itself, and gets its error.
 * @param locate the path in the file system of a storage path
 */
export function surveySync(
  paths: readonly string[],
  { contentUpTo }: SurveyOptions,
  locate: (path: string) => string,
): Survey {
  const survey: (Surveyed | undefined)[] = [];
  const end = performance.now() + most.milliseconds;
  let bytes = 0;
  for (const path of paths) {
    if (survey.length >= most.paths || bytes >= most.bytes || performance.now() > end) break;
    const found = contentUpTo === undefined ? fileAt(locate(path)) : contentAt(locate(path), contentUpTo);
    bytes += found?.content?.length ?? 0;
    survey.push(found);
  }
  return survey;
}

/** Null: there is none; undefined: it cannot be told. */
function fileAt(located: string): Surveyed | undefined {
  try {
    const found = lstatSync(located, { throwIfNoEntry: false });
    return found ? fileOf(found) : null;
  } catch {
    return undefined;
  }
}

/** A symbolic link is not followed, and opening a named pipe does not wait for somebody who writes it. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function contentAt(located: string, contentUpTo: number): Surveyed | undefined {
  try {
    const file = openSync(located, openFlags);
    try {
      const found = fileOf(fstatSync(file));
      if (!found || found.size > contentUpTo) return found;
      const content = Buffer.allocUnsafe(found.size);
      return { ...found, content: content.subarray(0, readSync(file, content, 0, found.size, 0)) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return hasCode(error, 'ENOENT') ? null : undefined;
  }
}

function fileOf(found: Stats): { size: number; modified: number } | undefined {
  return found.isFile() ? { size: found.size, modified: found.mtimeMs } : undefined;
}
