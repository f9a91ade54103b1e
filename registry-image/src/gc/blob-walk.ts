import { parseDigest } from '../registry/digest.ts';
import { blobsRoot } from '../storage/paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import type { Place } from './content.ts';
import { createDirectoryWalk, nameOf } from './directory-walk.ts';

export interface FoundBlobs {
  readonly places: Map<string, Place>;
  /** Directories with nothing in them. */
  readonly hollow: string[];
}

/** Every digest that has a directory among the blobs; whether data lies in it is not asked here. */
export async function findBlobs(reader: BoundedReader): Promise<FoundBlobs> {
  const places = new Map<string, Place>();
  const hollow: string[] = [];

  async function visit(path: string, algorithm: string, held: boolean): Promise<void> {
    const entries = await createDirectoryWalk(reader).directories(path);
    if (entries.length === 0) hollow.push(path);
    for (const entry of entries) {
      const digest = parseDigest(`${algorithm}:${nameOf(entry)}`);
      if (digest) places.set(digest, held || entry.isSymbolicLink ? 'held' : 'store');
    }
  }

  const walk = createDirectoryWalk(reader);
  for (const algorithm of await walk.directories(blobsRoot)) {
    const prefixes = await walk.directories(algorithm.path);
    await Promise.all(
      prefixes
        .filter((prefix) => /^[0-9a-f]{2}$/.test(nameOf(prefix)))
        .map((prefix) =>
          visit(prefix.path, nameOf(algorithm), Boolean(algorithm.isSymbolicLink || prefix.isSymbolicLink)),
        ),
    );
  }
  return { places, hollow };
}
