import { type Digest, digestAlgorithm } from '../registry/digest.ts';
import { NotFoundError } from '../storage/errors.ts';
import { blobDataPath, setAsidePath, setAsideRoot, trashRoot } from '../storage/paths.ts';
import { placesInTrash } from '../storage/swept-paths.ts';
import type { Store } from './store.ts';

/**
 * Puts a blob back from the trash of any collection, or from what an earlier run set aside, when its content there has
 * the right digest and nothing lies in its place. Gives the path that it came from.
 */
export async function recoverBlob(store: Store, digest: Digest): Promise<string | undefined> {
  const path = blobDataPath(digest);
  if (await store.stat(path)) return undefined;
  for (const candidate of await candidates(store, path)) {
    if ((await store.hash(candidate, digestAlgorithm(digest))) !== digest) continue;
    try {
      await store.driver.move(candidate, path);
      return candidate;
    } catch (error) {
      // A collection that ends at this moment has put it back, or has found it dead.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  return undefined;
}

async function candidates(store: Store, path: string): Promise<string[]> {
  const runsIn = async (root: string): Promise<string[]> =>
    ((await store.list(root)) ?? [])
      .filter((entry) => entry.isDirectory)
      .map((entry) => entry.path.slice(root.length + 1));
  const places = [
    ...(await runsIn(trashRoot)).flatMap((run) => placesInTrash(run, path)),
    ...(await runsIn(setAsideRoot)).map((run) => setAsidePath(run, path)),
  ];
  const found = await Promise.all(places.map((place) => store.stat(place)));
  return places.filter((_, index) => found[index] && !found[index].isDirectory);
}
