import type { References } from './content.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathered } from './gathered.ts';
import { createIntegers } from './number-lists.ts';
import { createPackedMap } from './packed-map.ts';

const damaged = -1;

/** What manifests refer to, in four bytes a reference. */
export function createPackedManifests(digests: DigestTable): Gathered<References | 'damaged'> {
  // By the number of the manifest's digest: 0 when there is none, else where its numbers begin plus one.
  const beginnings = createIntegers();
  // Of each manifest: how many blobs, how many manifests, the number of its subject or -1, and then theirs.
  const numbers = createIntegers();
  let size = 0;

  function put(digest: string, beginning: number): void {
    const number = digests.add(digest);
    if (beginnings.at(number) === 0) size++;
    beginnings.set(number, beginning);
  }

  function digestsAt(beginning: number, count: number): string[] {
    return Array.from({ length: count }, (_, index) => digests.digest(numbers.at(beginning + index)));
  }

  function unpack(at: number): References {
    const [blobs, manifests, subject] = [numbers.at(at), numbers.at(at + 1), numbers.at(at + 2)];
    return {
      blobs: digestsAt(at + 3, blobs),
      manifests: digestsAt(at + 3 + blobs, manifests),
      subject: subject < 0 ? undefined : digests.digest(subject),
    };
  }

  function* keys(): Generator<string> {
    for (let number = 0; number < beginnings.length; number++) {
      if (beginnings.at(number) !== 0) yield digests.digest(number);
    }
  }

  return {
    map: createPackedMap({
      get size() {
        return size;
      },
      keys,
      has: (digest) => beginnings.at(digests.find(digest)) !== 0,
      get(digest) {
        const beginning = beginnings.at(digests.find(digest));
        if (beginning === damaged) return 'damaged';
        return beginning === 0 ? undefined : unpack(beginning - 1);
      },
    }),
    set(digest, manifest) {
      if (manifest === 'damaged') return put(digest, damaged);
      put(digest, numbers.length + 1);
      const { blobs, manifests, subject } = manifest;
      numbers.push(blobs.length);
      numbers.push(manifests.length);
      numbers.push(subject === undefined ? -1 : digests.add(subject));
      for (const each of [...blobs, ...manifests]) numbers.push(digests.add(each));
    },
  };
}
