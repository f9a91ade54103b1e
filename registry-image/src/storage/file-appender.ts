import { type BigIntStats, constants } from 'node:fs';
import { copyFile, type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inDirectory } from './directories.ts';
import type { Appender } from './driver.ts';
import { OvertakenError } from './errors.ts';
import { absentAsNotFound, hasCode, isAbsent } from './file-errors.ts';
import { temporaryIn, temporaryName } from './temporary-files.ts';

/** Milliseconds after which a writer looks again whether it has been overtaken. */
const lookInterval = 1_000;

interface Place {
  /** As the caller names it, for errors. */
  readonly path: string;
  readonly target: string;
}

/**
 * Opens a file to append. For as long as it is open it has a second name (a hard link) beside it, so that every process sees
 * that somebody writes. Whoever finds such a name copies the file and puts the copy in its place: a writer that was overtaken
 * goes on with a file that nobody reads, and a name that a killed process left costs one copy.
 */
export async function openFileAppender(place: Place, options: { create: boolean }): Promise<Appender> {
  const { path, target } = place;
  const { O_APPEND, O_CREAT, O_WRONLY } = constants;
  if (options.create) {
    await inDirectory(dirname(target), { durable: false }, async () =>
      (await open(target, O_APPEND | O_CREAT | O_WRONLY, 0o644)).close(),
    );
  }
  await absentAsNotFound(path, takeOver(target));
  const name = temporaryIn(dirname(target));
  const linked = await absentAsNotFound(path, tryLink(target, name));
  try {
    const file = await absentAsNotFound(path, open(linked ? name : target, O_APPEND | O_WRONLY));
    try {
      return createAppender({ ...place, file, name, opened: await file.stat({ bigint: true }) });
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    await rm(name, { force: true });
    throw error;
  }
}

/** False on a file system without hard links: there only `finish` notices another writer. */
async function tryLink(target: string, name: string): Promise<boolean> {
  try {
    await link(target, name);
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) return false;
    throw error;
  }
}

/** Puts a copy in the place of a file that somebody else may be writing. */
async function takeOver(target: string): Promise<void> {
  const writers = await writersOf(target);
  if (writers.length === 0) return;
  const copy = temporaryIn(dirname(target));
  try {
    await copyFile(target, copy, constants.COPYFILE_FICLONE);
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
  // These were there before the copy took their place, so no later writer is among them.
  for (const name of writers) await rm(name, { force: true });
}

/** The second names of the file. */
async function writersOf(target: string): Promise<string[]> {
  const { ino, nlink } = await stat(target, { bigint: true });
  if (nlink === 1n) return [];
  const directory = dirname(target);
  const names = (await readdir(directory)).filter((name) => temporaryName.test(name));
  const found: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    if ((await statIfThere(path))?.ino === ino) found.push(path);
  }
  return found;
}

function createAppender(options: Place & { file: FileHandle; name: string; opened: BigIntStats }): Appender {
  const { path, target, file, name, opened } = options;
  let size = Number(opened.size);
  let looked = performance.now();

  async function finish(): Promise<string> {
    const now = await absentAsNotFound(path, stat(target, { bigint: true }));
    if (now.ino !== opened.ino || Number(now.size) !== size) throw new OvertakenError(path);
    return versionOf(now);
  }

  async function look(): Promise<void> {
    looked = performance.now();
    const now = await absentAsNotFound(path, stat(target, { bigint: true }));
    if (now.ino !== opened.ino) throw new OvertakenError(path);
  }

  return {
    offset: size,
    version: versionOf(opened),
    async write(chunks) {
      if (performance.now() - looked > lookInterval) await look();
      for (let left = chunks; left.length > 0;) {
        const { bytesWritten } = await file.writev(left);
        size += bytesWritten;
        left = after(left, bytesWritten);
      }
    },
    sync: () => file.sync(),
    finish,
    async close() {
      try {
        await file.close();
      } finally {
        await rm(name, { force: true });
      }
    },
  };
}

/** What is left of the chunks after so many bytes. */
function after(chunks: readonly Buffer[], written: number): Buffer[] {
  let skipped = 0;
  return chunks.flatMap((chunk) => {
    const rest = chunk.subarray(Math.max(0, written - skipped));
    skipped += chunk.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** A file that another has replaced, or that was written to, differs in one of these. */
function versionOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}`;
}

async function statIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
