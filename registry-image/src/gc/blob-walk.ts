import { parseDigest } from '../registry/digest.ts';
import { blobsRoot } from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { createDirectoryWalk, type Directory } from './directory-walk.ts';
import type { Place } from './content.ts';
import type { Expecting } from './gathered.ts';

/**
 * Every digest that has a directory among the blobs; whether data lies in it is not asked here.
 * @returns `hollow`: directories with nothing in them; `unknown`: what hides blobs nobody can know, a sentence each
 */
export async function findBlobs(
  reader: BoundedReader,
  blobs: Expecting<Place>,
): Promise<{ hollow: string[]; unknown: readonly string[] }> {
  const [hollow, unknown]: [string[], string[]] = [[], []];
  const walk = createDirectoryWalk(reader);
  for (const algorithm of await walk.directories(blobsRoot)) {
    const prefixes = await walk.directories(algorithm.path);
    const found = prefixes.filter((prefix) => /^[0-9a-f]{2}$/.test(prefix.name));
    const look = async (prefix: Directory): Promise<void> => {
      const below = createDirectoryWalk(reader);
      const entries = await below.directories(prefix.path);
      unknown.push(...below.unknown);
      // Digests are spread evenly, so one prefix tells of the others.
      if (prefix === found[0]) blobs.expect(entries.length * found.length);
      if (entries.length === 0) hollow.push(prefix.path);
      const isHeld = algorithm.isSymbolicLink || prefix.isSymbolicLink;
      for (const entry of entries) {
        const digest = parseDigest(`${algorithm.name}:${entry.name}`);
        if (digest) blobs.set(digest, isHeld || entry.isSymbolicLink ? 'held' : 'store');
      }
    };
    await forEachBounded(found.slice(0, 1), look);
    await forEachBounded(found.slice(1), look);
  }
  return { hollow, unknown: [...walk.unknown, ...unknown] };
}
