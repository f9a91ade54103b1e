import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import type { Child } from './driver.ts';
import { hasCode } from './file-errors.ts';
import { temporaryName } from './temporary-files.ts';

/** What a look at a path told: a directory with its children, a file (bytes, milliseconds since the epoch), or that nothing is there. */
export type Surveyed =
  { readonly children: Child[] } | { readonly size: number; readonly modified: number } | null;

/** By path. Of what is missing in it nothing is known. */
export type Survey = Map<string, Surveyed>;

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

/** After so many milliseconds, or paths, a survey ends with what it has: a whole process waits for it, and keeps all of it. */
const most = { milliseconds: 25, paths: 2_000 };

export interface SurveyOptions {
  /** Levels below the paths that are looked at; 0: the files at them. */
  readonly depth: number;
}

/**
 * Looks at paths and what lies below them, synchronously. Leaves out symbolic links, whatever cannot be told and what it has no time for: who
 * needs it asks for it by itself, and gets its error.
 * @param locate the path in the file system of a storage path
 */
export function surveySync(
  paths: readonly string[],
  { depth }: SurveyOptions,
  locate: (path: string) => string,
): Survey {
  const survey: Survey = new Map();
  const end = performance.now() + most.milliseconds;
  const isOver = (): boolean => survey.size >= most.paths || performance.now() > end;

  function visitDirectory(path: string, located: string, left: number): void {
    if (isOver()) return;
    const children = childrenAt(located);
    if (children === undefined) return;
    survey.set(path, children && { children });
    for (const { name, kind } of children ?? []) {
      const [below, locatedBelow] = [`${path}/${name}`, `${located}/${name}`];
      if (kind === 'file') visitFile(below, locatedBelow);
      else if (kind === 'directory' && left > 1) visitDirectory(below, locatedBelow, left - 1);
    }
  }

  function visitFile(path: string, located: string): void {
    if (isOver()) return;
    const found = fileAt(located);
    if (found !== undefined) survey.set(path, found);
  }

  for (const path of paths) {
    if (depth > 0) visitDirectory(path, locate(path), depth);
    else visitFile(path, locate(path));
  }
  return survey;
}

/** Null: there is none; undefined: it cannot be told. */
function childrenAt(located: string): Child[] | null | undefined {
  try {
    return visibleChildren(readdirSync(located, { withFileTypes: true }));
  } catch (error) {
    return hasCode(error, 'ENOENT') ? null : undefined;
  }
}

function fileAt(located: string): Surveyed | undefined {
  try {
    const found = lstatSync(located, { throwIfNoEntry: false });
    if (!found) return null;
    return found.isFile() ? { size: found.size, modified: found.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}
