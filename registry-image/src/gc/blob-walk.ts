import { parseDigest } from '../registry/digest.ts';
import { blobsRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { createDirectoryWalk } from './directory-walk.ts';
import type { Place } from './content.ts';
import type { Gathered } from './gathered.ts';

/**
 * Every digest that has a directory among the blobs; whether data lies in it is not asked here.
 * @returns directories with nothing in them
 */
export async function findBlobs(reader: BoundedReader, blobs: Gathered<Place>): Promise<string[]> {
  const hollow: string[] = [];

  async function visit(path: string, algorithm: string, held: boolean): Promise<void> {
    const entries = await createDirectoryWalk(reader).directories(path);
    if (entries.length === 0) hollow.push(path);
    for (const entry of entries) {
      const digest = parseDigest(`${algorithm}:${entry.name}`);
      if (digest) blobs.set(digest, held || entry.isSymbolicLink ? 'held' : 'store');
    }
  }

  const walk = createDirectoryWalk(reader);
  for (const algorithm of await walk.directories(blobsRoot)) {
    const prefixes = await walk.directories(algorithm.path);
    await Promise.all(
      prefixes
        .filter((prefix) => /^[0-9a-f]{2}$/.test(prefix.name))
        .map((prefix) =>
          visit(prefix.path, algorithm.name, algorithm.isSymbolicLink || prefix.isSymbolicLink),
        ),
    );
  }
  return hollow;
}
