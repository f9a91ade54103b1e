import { constants, type Dirent } from 'node:fs';
import {
  type FileHandle,
  link,
  open,
  readFile,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Appender, Entry, StorageDriver } from './driver.ts';
import { inDirectory, syncDirectory } from './directories.ts';
import { NotFoundError } from './errors.ts';
import { absentAsNotFound, hasCode, isAbsent } from './file-errors.ts';
import { copyBeginning, moveSealed } from './publication.ts';
import { removeStaleTemporaries, temporaryIn, temporaryName } from './temporary-files.ts';

/** Bytes per read of a streamed blob. */
const readSize = 256 * 1024;
/** Entries of a directory that are looked at together. */
const statBatch = 32;
/**
 * Keeps files in a directory of the local machine (or of a mounted network file system). Temporary files are named
 * `.wharfinger-<random>.tmp`, which distribution takes neither for a link nor for a blob, and `list` hides them.
 */
export function createFilesystemDriver(options: { rootDirectory: string }): StorageDriver {
  const root = resolve(options.rootDirectory);

  function locate(path: string): string {
    if (!path.startsWith('/') || path.split('/').includes('..') || path.includes('\0')) {
      throw new Error(`${JSON.stringify(path)} is not an absolute storage path`);
    }
    return join(root, path);
  }

  async function getContent(path: string): Promise<Buffer> {
    return absentAsNotFound(path, readFile(locate(path)));
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

  async function reader(path: string, range?: { start: number; end?: number }): Promise<Readable> {
    const file = await absentAsNotFound(path, open(locate(path), 'r'));
    return file.createReadStream({ highWaterMark: readSize, start: range?.start ?? 0, end: range?.end });
  }

  async function appender(path: string): Promise<Appender> {
    const target = locate(path);
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const volatile = { durable: false };
    await inDirectory(dirname(target), volatile, async () =>
      (await open(target, O_APPEND | O_CREAT | O_WRONLY, 0o644)).close(),
    );
    // A second name for as long as it is written to, so that `publish` sees every writer, of any process.
    const name = temporaryIn(dirname(target));
    const linked = await absentAsNotFound(path, link(target, name)).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) return false;
        throw error;
      },
    );
    try {
      const file = await absentAsNotFound(path, open(linked ? name : target, O_APPEND | O_WRONLY));
      const { size } = await file.stat();
      return createAppender(file, size, () => rm(name, { force: true }));
    } catch (error) {
      await rm(name, { force: true });
      throw error;
    }
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
    const found = await absentAsNotFound(path, readdir(locate(path), { withFileTypes: true }));
    const visible = found
      .filter(({ name }) => !temporaryName.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const entries: Entry[] = [];
    for (let index = 0; index < visible.length; index += statBatch) {
      const batch = await Promise.all(
        visible.slice(index, index + statBatch).map((child) => describe(path, child)),
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
      if (error instanceof NotFoundError) return undefined;
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

  return {
    name: 'filesystem',
    getContent,
    putContent,
    reader,
    appender,
    stat: statEntry,
    list,
    move,
    publish,
    delete: (path) => rm(locate(path), { recursive: true, force: true, maxRetries: 3 }),
    removeIfEmpty,
    touch: (path, modified) =>
      absentAsNotFound(path, utimes(locate(path), new Date(modified), new Date(modified))),
  };
}

function createAppender(file: FileHandle, offset: number, closed: () => Promise<void>): Appender {
  return {
    offset,
    async write(chunk) {
      for (let written = 0; written < chunk.length;) {
        written += (await file.write(chunk, written)).bytesWritten;
      }
    },
    sync: () => file.sync(),
    async close() {
      try {
        await file.close();
      } finally {
        await closed();
      }
    },
  };
}
