import type { Place } from './content.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathered } from './gathered.ts';
import { createBytes } from './number-lists.ts';
import { createPackedMap } from './packed-map.ts';

const places: readonly Place[] = ['store', 'held', 'trash'];

/** Where each blob lies, in a byte. */
export function createPackedBlobs(digests: DigestTable): Gathered<Place> {
  // Position among the places plus one; 0: no blob.
  const placed = createBytes();
  let size = 0;

  function* keys(): Generator<string> {
    for (let number = 0; number < placed.length; number++) {
      if (placed.at(number) > 0) yield digests.digest(number);
    }
  }

  return {
    map: createPackedMap({
      get size() {
        return size;
      },
      keys,
      get: (digest) => places[placed.at(digests.find(digest)) - 1],
    }),
    set(digest, place) {
      const number = digests.add(digest);
      if (placed.at(number) === 0) size++;
      placed.set(number, places.indexOf(place) + 1);
    },
  };
}
