import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Processes that the supervisor forks; in the image each is one bundled file beside `main.js`. */
export type Entry = 'worker' | 'collector';

/** Path of an entry: the sibling of this file with the same extension (`.ts` from a clone, `.js` when bundled). */
export function entryPath(entry: Entry): string {
  const extension = extname(new URL(import.meta.url).pathname);
  return fileURLToPath(new URL(`./${entry}${extension}`, import.meta.url));
}
