import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Milliseconds after which a temporary file belongs to nobody that still lives. */
const temporaryAge = 3_600_000;
export const temporaryName = /^\.wharfinger-[0-9a-f]{16}\.tmp$/;

/** A new name in `directory` that `list` hides and distribution takes for nothing. */
export function temporaryIn(directory: string): string {
  return join(directory, `.wharfinger-${randomBytes(8).toString('hex')}.tmp`);
}

/** Removes what crashed processes left, when nothing else is in the directory. */
export async function removeStaleTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (!names.every((name) => temporaryName.test(name))) return;
  for (const name of names) {
    const path = join(directory, name);
    if (Date.now() - (await stat(path)).mtimeMs > temporaryAge) await rm(path, { force: true });
  }
}
