import { randomBytes } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import {
  type FileHandle,
  mkdir,
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
import { NotFoundError } from './errors.ts';

/** Bytes per read of a streamed blob. */
const readSize = 256 * 1024;
/** Entries of a directory that are looked at together. */
const statBatch = 32;
/** Milliseconds after which a temporary file belongs to nobody that still lives. */
const temporaryAge = 3_600_000;
const temporaryName = /^\.wharfinger-[0-9a-f]{16}\.tmp$/;

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
      const temporary = join(directory, `.wharfinger-${randomBytes(8).toString('hex')}.tmp`);
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
    return inDirectory(dirname(target), volatile, async () => {
      const file = await open(target, O_APPEND | O_CREAT | O_WRONLY, 0o644);
      try {
        return createAppender(file, (await file.stat()).size);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
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
    delete: (path) => rm(locate(path), { recursive: true, force: true, maxRetries: 3 }),
    removeIfEmpty,
    touch: (path, modified) =>
      absentAsNotFound(path, utimes(locate(path), new Date(modified), new Date(modified))),
  };
}

function createAppender(file: FileHandle, offset: number): Appender {
  return {
    offset,
    async write(chunk) {
      for (let written = 0; written < chunk.length;) {
        written += (await file.write(chunk, written)).bytesWritten;
      }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

/**
 * Runs `work` in a directory that exists; a collection may remove the directory while it is still empty. Durable: a
 * directory that had to be made is still there after a crash.
 */
async function inDirectory<T>(
  directory: string,
  options: { durable: boolean },
  work: (directory: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(directory);
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || attempt === 5) throw error;
      const created = await mkdir(directory, { recursive: true }).catch((problem: unknown) => {
        if (hasCode(problem, 'ENOENT')) return undefined;
        throw problem;
      });
      if (options.durable && created !== undefined) await syncCreated(created, directory);
    }
  }
}

/** Makes the entries of newly created directories durable, from the parent of the first down to the last one's. */
async function syncCreated(first: string, last: string): Promise<void> {
  for (
    let directory = dirname(last);
    directory.length >= dirname(first).length;
    directory = dirname(directory)
  ) {
    await syncDirectory(directory);
    if (directory === dirname(directory)) return;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(directory, 'r');
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeStaleTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (!names.every((name) => temporaryName.test(name))) return;
  for (const name of names) {
    const path = join(directory, name);
    if (Date.now() - (await stat(path)).mtimeMs > temporaryAge) await rm(path, { force: true });
  }
}

async function absentAsNotFound<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw isAbsent(error) ? new NotFoundError(path) : error;
  }
}

function isAbsent(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
