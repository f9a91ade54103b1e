import { constants, type Dirent, lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import type { Entry, StorageDriver } from './driver.ts';
import { NotAFileError, NotFoundError } from './errors.ts';
import { absentAsNotFound, absentAsNotFoundSync } from './file-errors.ts';
import type { Call } from './quick-calls.ts';
import { type Survey, type SurveyOptions, surveySync, visibleChildren } from './survey.ts';
import { temporaryName } from './temporary-files.ts';

/** Opening a named pipe must not wait for somebody who writes it. */
export const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
/** Entries of a directory that are looked at together. */
const statBatch = 32;

type Reads = Pick<StorageDriver, 'getContent' | 'stat' | 'list' | 'children'> &
  Required<Pick<StorageDriver, 'temporaries' | 'survey'>>;

/** What a file system tells, all but long content. `locate` gives the path in the file system of a storage path. */
export function createFilesystemReads({
  locate,
  call,
}: {
  locate: (path: string) => string;
  call: Call;
}): Reads {
  /** @param sync gets the path in the file system, and so does `async` */
  function read<T>(
    path: string,
    sync: (located: string) => T,
    async: (located: string) => Promise<T>,
  ): Promise<T> {
    return call(
      () => absentAsNotFoundSync(path, () => sync(locate(path))),
      async () => absentAsNotFound(path, async(locate(path))),
    );
  }

  function getContent(path: string): Promise<Buffer> {
    return read(
      path,
      (located) => readFileSync(located, { flag: readFlags }),
      (located) => readFile(located, { flag: readFlags }),
    );
  }

  function statEntry(path: string): Promise<Entry> {
    return read(
      path,
      (located) => {
        const found = lstatSync(located);
        return found.isSymbolicLink() ? linkedEntryOf(path, statSync(located)) : entryOf(path, found);
      },
      async (located) => {
        const found = await lstat(located);
        return found.isSymbolicLink() ? linkedEntryOf(path, await stat(located)) : entryOf(path, found);
      },
    );
  }

  async function statOrAbsent(path: string): Promise<Entry | undefined> {
    try {
      return await statEntry(path);
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof NotAFileError) return undefined;
      throw error;
    }
  }

  function readDirectory(path: string): Promise<Dirent[]> {
    return read(
      path,
      (located) => readdirSync(located, { withFileTypes: true }),
      (located) => readdir(located, { withFileTypes: true }),
    );
  }

  async function visibleIn(path: string): Promise<Dirent[]> {
    const found = (await readDirectory(path)).filter(({ name }) => !temporaryName.test(name));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function describe(parent: string, child: Dirent): Promise<Entry | undefined> {
    const path = below(parent, child.name);
    const entry = await statOrAbsent(path);
    if (!child.isSymbolicLink()) return entry;
    return { ...(entry ?? { path, isDirectory: false, size: 0, modified: 0 }), isSymbolicLink: true };
  }

  async function list(path: string): Promise<Entry[]> {
    const visible = await visibleIn(path);
    const entries: Entry[] = [];
    for (let index = 0; index < visible.length; index += statBatch) {
      const batch = await Promise.all(
        visible.slice(index, index + statBatch).map((child) => describe(path, child)),
      );
      entries.push(...batch.filter((entry) => entry !== undefined));
    }
    return entries;
  }

  async function temporaries(path: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const { name } of (await readDirectory(path)).filter((each) => temporaryName.test(each.name))) {
      const entry = await statOrAbsent(below(path, name));
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** Of a storage that is slow nothing is told: several single calls may be under way at once there. */
  function survey(paths: readonly string[], options: SurveyOptions): Promise<Survey | undefined> {
    return call<Survey | undefined>(
      () => surveySync(paths, options, locate),
      () => Promise.resolve(undefined),
      (found) => found?.length ?? 0,
    );
  }

  return {
    getContent,
    stat: statEntry,
    list,
    children: async (path) => visibleChildren(await readDirectory(path)),
    temporaries,
    survey,
  };
}

function entryOf(path: string, found: Stats): Entry {
  return { path, isDirectory: found.isDirectory(), size: found.size, modified: found.mtimeMs };
}

function linkedEntryOf(path: string, found: Stats): Entry {
  return { ...entryOf(path, found), isSymbolicLink: true };
}

function below(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}
