import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Archives kept of each image: the present one and the one before, for a checkout that goes back and forth. */
const keptArchives = 2;

/** Removes the older archives `NAME-DIGEST.tar` in `directory`. */
export async function pruneArchives(directory: string, name: string): Promise<void> {
  const files = (await readdir(directory)).filter(
    (file) => file.startsWith(`${name}-`) && file.endsWith('.tar'),
  );
  const dated = await Promise.all(
    files.map(async (file) => ({ file, time: (await stat(join(directory, file))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.time - a.time).slice(keptArchives);
  await Promise.all(old.map(({ file }) => rm(join(directory, file), { force: true })));
}
