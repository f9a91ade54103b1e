import { appendFile, open, rename, rm, rmdir, stat, statfs, utimes } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { boundOperations } from './bounded-operations.ts';
import { createBulkChanges } from './bulk-changes.ts';
import type { Appender, Content, StorageDriver } from './driver.ts';
import { inDirectory, syncDirectory } from './directories.ts';
import { NotAFileError, NotFoundError } from './errors.ts';
import { openFileAppender } from './file-appender.ts';
import { createFileContent } from './file-content.ts';
import { createFilesystemReads, readFlags } from './filesystem-reads.ts';
import { absentAsNotFound, hasCode, isAbsent } from './file-errors.ts';
import { findHindrance } from './hindrance.ts';
import { copyBeginning, moveSealed } from './publication.ts';
import { type Call, callAsync, createQuickCall } from './quick-calls.ts';
import { createReadBuffers } from './read-buffers.ts';
import { checkStoragePath } from './storage-path.ts';
import { removeStaleTemporaries, temporaryIn } from './temporary-files.ts';

/** File operations at a time when nothing else is said, and the least that may be said, as distribution has them. */
const defaultThreads = 100;
const fewestThreads = 25;

/**
 * Keeps files in a directory of the local machine (or of a mounted network file system). Temporary files are named
 * `.wharfinger-<random>.tmp`, which distribution takes neither for a link nor for a blob, and `list` hides them.
 * @param options.maxThreads most operations (of those below, reads and writes of a stream each) at a time
 * @param options.blocking for a process that serves nobody: reads, and changes of which there are many, may keep its thread busy for some
 * milliseconds at a time
 */
export function createFilesystemDriver(options: {
  rootDirectory: string;
  maxThreads?: number;
  blocking?: boolean;
}): StorageDriver {
  const root = resolve(options.rootDirectory);
  const bounded = boundOperations(Math.max(fewestThreads, options.maxThreads ?? defaultThreads));
  const buffers = createReadBuffers();

  function createCall(): Call {
    const quickly = options.blocking ? createQuickCall() : callAsync;
    return (sync, async, countOf) => quickly(sync, () => bounded(async), countOf);
  }

  function locate(path: string): string {
    checkStoragePath(path);
    return root === '/' ? path : root + path;
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

  async function append(path: string, text: string): Promise<void> {
    const target = locate(path);
    await inDirectory(dirname(target), { durable: false }, () => appendFile(target, text));
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
    // Whoever cancels the upload now takes it away under this name too.
    const { nlink, size: length } = await absentAsNotFound(from, stat(sealed));
    const parts = { sealed, target: locate(to), size };
    await absentAsNotFound(from, nlink > 1 || length !== size ? copyBeginning(parts) : moveSealed(parts));
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

  async function space(): Promise<{ free: number; total: number }> {
    const { bavail, blocks, bsize } = await statfs(root);
    return { free: bavail * bsize, total: blocks * bsize };
  }

  return {
    name: 'filesystem',
    ...createFilesystemReads({ locate, call: createCall() }),
    putContent: (path, content) => bounded(() => putContent(path, content)),
    append: (path, text) => bounded(() => append(path, text)),
    reader: (path, range) => bounded(() => reader(path, range)),
    appender: (path, given) => bounded(() => appender(path, given)),
    space: () => bounded(space),
    hindrance: () => bounded(() => findHindrance(root)),
    move: (from, to) => bounded(() => move(from, to)),
    ...createBulkChanges({ locate, removeIfEmpty, createCall }),
    publish: (from, to, size) => bounded(() => publish(from, to, size)),
    settle: (path) => bounded(() => settle(path)),
    delete: (path) => bounded(() => remove(path)),
    removeIfEmpty: (path) => bounded(() => removeIfEmpty(path)),
    touch: (path, modified) => bounded(() => touch(path, modified)),
  };
}
