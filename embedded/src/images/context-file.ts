import { chmod, copyFile, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes `content` to `path` below `directory`, with the folders it needs. */
export async function writeContextFile(directory: string, path: string, content: string): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
}

/** Copies the file `source`, following links, to `path` below `directory`. */
export async function copyContextFile(directory: string, path: string, source: string): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
}

/** Makes `path` below `directory` a link to `target`. */
export async function linkContextFile(directory: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await symlink(target, join(directory, path));
}

/** Gives everything below `directory` modes that do not depend on the umask: 0755 for folders and programs, else 0644. */
export async function normalizeModes(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await normalizeModes(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}
