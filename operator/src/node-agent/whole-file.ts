import { open, rename, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

const publicMode = 0o644;

/** The name under which a file is written before it takes its place. */
export function temporaryName(file: string): string {
  return `${file}.wharfinger-new`;
}

/** Writes a file so that it is there whole or as it was before, also after a crash of the machine. */
export async function writeFileWhole(file: string, text: string): Promise<void> {
  const temporary = temporaryName(file);
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', publicMode);
  try {
    await handle.writeFile(text);
    // The umask of the process may have taken rights away.
    await handle.chmod(publicMode);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}

/** Removes a file if it is there. */
export async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await syncDirectory(dirname(file));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
