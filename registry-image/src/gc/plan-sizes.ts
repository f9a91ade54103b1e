import { blobDataPath } from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';

/** Bytes of the blobs of these digests that are there. */
export async function readSizes(
  reader: BoundedReader,
  digests: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await forEachBounded(digests, async (digest) => {
    const entry = await reader.stat(blobDataPath(digest));
    if (entry) sizes.set(digest, entry.size);
  });
  return sizes;
}
