import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './file-errors.ts';
import { blobsRoot, ownRoot, repositoriesRoot } from './paths.ts';

const needed = constants.R_OK | constants.W_OK | constants.X_OK;
/** Entries of one directory that are looked at: whoever wrote as another user did not do so in one of a thousand alone. */
const mostEntries = 256;

/**
 * What keeps this process from reading and writing below `root`, as a sentence with the way out; undefined when nothing is found. Only the upper levels of
 * the layout are looked at, so it is cheap on a large store.
 */
export async function findHindrance(root: string): Promise<string | undefined> {
  const layout = await Promise.all([ownRoot, `${blobsRoot}/sha256`, repositoriesRoot].map(nested(root)));
  for (const directory of new Set(layout.flat())) {
    const problem = await closed(directory);
    if (problem !== undefined) return hindrance(root, directory, problem);
  }
  return undefined;
}

/** The directories from `root` to `path`, and those directly in it. */
function nested(root: string): (path: string) => Promise<string[]> {
  return async (path) => {
    const parts = path.split('/').filter((part) => part !== '');
    const steps = parts.map((_, index) => join(root, ...parts.slice(0, index + 1)));
    return [root, ...steps, ...(await directoriesIn(join(root, path)))];
  };
}

async function directoriesIn(path: string): Promise<string[]> {
  try {
    const found = await readdir(path, { withFileTypes: true });
    return found
      .filter((entry) => entry.isDirectory())
      .slice(0, mostEntries)
      .map(({ name }) => join(path, name));
  } catch {
    // What it cannot read is told when it is its own turn.
    return [];
  }
}

async function closed(directory: string): Promise<string | undefined> {
  try {
    await access(directory, needed);
    return undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function hindrance(root: string, directory: string, code: string): Promise<string> {
  if (code === 'EROFS')
    return `${directory} is on a file system that is mounted read-only; mount it writable`;
  if (code !== 'EACCES' && code !== 'EPERM') return `${directory} cannot be used: ${code}`;
  const me = `${process.getuid?.()}:${process.getgid?.()}`;
  const facts = await stat(directory).catch(() => undefined);
  const whose = facts
    ? `belongs to ${facts.uid}:${facts.gid} with mode ${(facts.mode & 0o7777).toString(8).padStart(4, '0')}`
    : 'is closed';
  return `${directory} ${whose}, and the registry runs as ${me}; run once, as root and where the volume is mounted: chown -R ${me} ${root}`;
}
