import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WrittenFiles } from './record.ts';
import type { WantedFiles } from './runtime-files.ts';
import { removeFile, temporaryName, writeFileWhole } from './whole-file.ts';

export interface WrittenFilesInput {
  /** Where the paths begin. */
  readonly root: string;
  readonly wanted: WantedFiles;
  /** What was written before; changed to what is written now. */
  readonly written: WrittenFiles;
  /** Stores `written`; called before anything is written that it names. */
  readonly save: () => Promise<void>;
  /** Called before a file is written. */
  readonly onWrite?: () => void;
}

/** A file that is there, or something else in its place. */
type Found = { hash: string } | 'nothing' | 'other';

/**
 * Makes the files what is wanted, and removes those that are not wanted any more. What others wrote or changed is left alone: gives one
 * sentence for each such thing that is in the place of a wanted file.
 */
export async function convergeFiles(input: WrittenFilesInput): Promise<string[]> {
  const { wanted, written } = input;
  const problems: string[] = [];
  // Last first: the settings of a host go before the CA that they name, and come after it.
  for (const path of Object.keys(written.files).sort().toReversed()) {
    if (!wanted.has(path)) await remove(input, path);
  }
  await removeDirectories(input);
  for (const path of [...wanted.keys()].sort()) {
    if (!(await put(input, path))) problems.push(foreign(path));
  }
  await input.save();
  return problems;
}

/** False when something of somebody else's is there. */
async function put(input: WrittenFilesInput, path: string): Promise<boolean> {
  const { root, written, wanted } = input;
  const text = wanted.get(path) ?? '';
  const hash = hashOf(text);
  const known = written.files[path] ?? [];
  const found = await look(root, path);
  if (typeof found === 'object' && found.hash === hash) {
    if (known.length > 0) written.files[path] = [hash];
    return true;
  }
  if (found !== 'nothing' && !(typeof found === 'object' && known.includes(found.hash))) return false;
  input.onWrite?.();
  written.files[path] = [...new Set([...known, hash])];
  const missing = await missingDirectories(root, path);
  written.directories = [...new Set([...written.directories, ...missing])];
  await input.save();
  for (const directory of missing) await mkdir(join(root, directory));
  await writeFileWhole(join(root, path), text);
  written.files[path] = [hash];
  return true;
}

/** A file that somebody else changed stays, and is forgotten. */
async function remove({ root, written }: WrittenFilesInput, path: string): Promise<void> {
  const found = await look(root, path);
  const isOurs = typeof found === 'object' && written.files[path]?.includes(found.hash) === true;
  if (isOurs) await removeFile(join(root, path));
  // A crash may have left it.
  await rm(join(root, temporaryName(path)), { force: true });
  delete written.files[path];
}

async function removeDirectories({ root, wanted, written }: WrittenFilesInput): Promise<void> {
  const needed = [...wanted.keys()];
  for (const directory of [...written.directories].sort().toReversed()) {
    if (needed.some((path) => path.startsWith(`${directory}/`))) continue;
    await rmdir(join(root, directory)).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error;
    });
    written.directories = written.directories.filter((one) => one !== directory);
  }
}

/** The folders above a file that are not there, the uppermost first. */
async function missingDirectories(root: string, path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let directory = dirname(path); directory !== '/'; directory = dirname(directory)) {
    const stats = await lstat(join(root, directory)).catch(() => undefined);
    if (stats !== undefined) break;
    missing.unshift(directory);
  }
  return missing;
}

/** A link in place of the file or of its folder counts as somebody else's: following it could lead anywhere. */
async function look(root: string, path: string): Promise<Found> {
  const folder = await lstat(join(root, dirname(path))).catch(missing);
  if (folder === undefined) return 'nothing';
  if (!folder.isDirectory()) return 'other';
  const stats = await lstat(join(root, path)).catch(missing);
  if (stats === undefined) return 'nothing';
  if (!stats.isFile()) return 'other';
  return { hash: hashOf(await readFile(join(root, path))) };
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function foreign(path: string): string {
  return `${path} is not what this NodeTrust wrote; remove it from the node, or take its Registry out of the NodeTrust`;
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
