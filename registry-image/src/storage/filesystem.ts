import { constants, type Dirent } from 'node:fs';
import { open, readFile, readdir, rename, rm, rmdir, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { boundOperations } from './bounded-operations.ts';
import type { Appender, Content, Entry, StorageDriver } from './driver.ts';
import { inDirectory, syncDirectory } from './directories.ts';
import { NotAFileError, NotFoundError } from './errors.ts';
import { openFileAppender } from './file-appender.ts';
import { createFileContent } from './file-content.ts';
import { absentAsNotFound, hasCode, isAbsent } from './file-errors.ts';
import { copyBeginning, moveSealed } from './publication.ts';
import { createReadBuffers } from './read-buffers.ts';
import { checkStoragePath } from './storage-path.ts';
import { removeStaleTemporaries, temporaryIn, temporaryName } from './temporary-files.ts';

/** Opening a named pipe must not wait for somebody who writes it. */
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
/** Entries of a directory that are looked at together. */
const statBatch = 32;
/** File operations at a time when nothing else is said, and the least that may be said, as distribution has them. */
const defaultThreads = 100;
const fewestThreads = 25;

/**
 * Keeps files in a directory of the local machine (or of a mounted network file system). Temporary files are named
 * `.wharfinger-<random>.tmp`, which distribution takes neither for a link nor for a blob, and `list` hides them.
 * @param options.maxThreads most operations (of those below, reads and writes of a stream each) at a time
 */
export function createFilesystemDriver(options: {
  rootDirectory: string;
  maxThreads?: number;
}): StorageDriver {
  const root = resolve(options.rootDirectory);
  const bounded = boundOperations(Math.max(fewestThreads, options.maxThreads ?? defaultThreads));
  const buffers = createReadBuffers();

  function locate(path: string): string {
    checkStoragePath(path);
    return join(root, path);
  }

  async function getContent(path: string): Promise<Buffer> {
    return absentAsNotFound(path, readFile(locate(path), { flag: readFlags }));
  }

  async function putContent(path: string, content: Buffer | string): Promise<void> {
    const target = locate(path);
    await inDirectory(dirname(target), { durable: true }, async (directory) => {
      const temporary = temporaryIn(directory);
      try {
        const file = await open(temporary, 'wx', 0o644);
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncDirectory(directory);
    });
  }

  async function reader(path: string, range?: { start: number; end?: number }): Promise<Content> {
    const file = await absentAsNotFound(path, open(locate(path), readFlags));
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new NotAFileError(path, 'ENXIO');
      const { size } = found;
      const end = Math.min(size, (range?.end ?? size) + 1);
      return createFileContent({ file, start: range?.start ?? 0, end, buffers, bounded });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async function appender(path: string, { create = true }: { create?: boolean } = {}): Promise<Appender> {
    const opened = await openFileAppender({ path, target: locate(path) }, { create });
    return {
      ...opened,
      write: (chunks) => bounded(() => opened.write(chunks)),
      sync: () => bounded(() => opened.sync()),
    };
  }

  async function publish(from: string, to: string, size: number): Promise<void> {
    const source = locate(from);
    // Out of the reach of new appenders first: whoever opened it before has left its second name.
    const sealed = temporaryIn(dirname(source));
    await absentAsNotFound(from, rename(source, sealed));
    const { nlink, size: length } = await stat(sealed);
    const parts = { sealed, target: locate(to), size };
    await (nlink > 1 || length !== size ? copyBeginning(parts) : moveSealed(parts));
  }

  async function list(path: string): Promise<Entry[]> {
    const target = locate(path);
    const found = await bounded(() => absentAsNotFound(path, readdir(target, { withFileTypes: true })));
    const visible = found
      .filter(({ name }) => !temporaryName.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const entries: Entry[] = [];
    for (let index = 0; index < visible.length; index += statBatch) {
      const batch = await Promise.all(
        visible.slice(index, index + statBatch).map((child) => bounded(() => describe(path, child))),
      );
      entries.push(...batch.filter((entry) => entry !== undefined));
    }
    return entries;
  }

  async function describe(parent: string, child: Dirent): Promise<Entry | undefined> {
    const path = parent === '/' ? `/${child.name}` : `${parent}/${child.name}`;
    const entry = await statOrAbsent(path);
    if (!child.isSymbolicLink()) return entry;
    return { ...(entry ?? { path, isDirectory: false, size: 0, modified: 0 }), isSymbolicLink: true };
  }

  async function statEntry(path: string): Promise<Entry> {
    const found = await absentAsNotFound(path, stat(locate(path)));
    return { path, isDirectory: found.isDirectory(), size: found.size, modified: found.mtimeMs };
  }

  async function statOrAbsent(path: string): Promise<Entry | undefined> {
    try {
      return await statEntry(path);
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof NotAFileError) return undefined;
      throw error;
    }
  }

  async function move(from: string, to: string): Promise<void> {
    const source = locate(from);
    const target = locate(to);
    await absentAsNotFound(from, stat(source));
    await inDirectory(dirname(target), { durable: true }, () => rename(source, target)).catch(
      (error: unknown) => {
        throw isAbsent(error) ? new NotFoundError(from) : error;
      },
    );
    await syncDirectory(dirname(target));
    await syncDirectory(dirname(source));
  }

  async function removeIfEmpty(path: string): Promise<boolean> {
    const target = locate(path);
    try {
      await removeStaleTemporaries(target);
      await rmdir(target);
      return true;
    } catch (error) {
      if (isAbsent(error) || hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
      throw error;
    }
  }

  async function temporaries(path: string): Promise<Entry[]> {
    const names = await bounded(() => absentAsNotFound(path, readdir(locate(path))));
    const entries: Entry[] = [];
    for (const name of names.filter((each) => temporaryName.test(each))) {
      const entry = await statOrAbsent(`${path === '/' ? '' : path}/${name}`);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** The directories above it may be as new as its name. */
  async function settle(path: string): Promise<void> {
    for (let directory = dirname(locate(path)); ; directory = dirname(directory)) {
      await syncDirectory(directory);
      if (directory === root || directory === dirname(directory)) return;
    }
  }

  async function remove(path: string): Promise<void> {
    await rm(locate(path), { recursive: true, force: true, maxRetries: 3 });
  }

  async function touch(path: string, modified: number): Promise<void> {
    await absentAsNotFound(path, utimes(locate(path), new Date(modified), new Date(modified)));
  }

  return {
    name: 'filesystem',
    getContent: (path) => bounded(() => getContent(path)),
    putContent: (path, content) => bounded(() => putContent(path, content)),
    reader: (path, range) => bounded(() => reader(path, range)),
    appender: (path, given) => bounded(() => appender(path, given)),
    stat: (path) => bounded(() => statEntry(path)),
    list,
    temporaries,
    move: (from, to) => bounded(() => move(from, to)),
    publish: (from, to, size) => bounded(() => publish(from, to, size)),
    settle: (path) => bounded(() => settle(path)),
    delete: (path) => bounded(() => remove(path)),
    removeIfEmpty: (path) => bounded(() => removeIfEmpty(path)),
    touch: (path, modified) => bounded(() => touch(path, modified)),
  };
}
