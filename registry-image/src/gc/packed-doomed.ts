import * as paths from '../storage/paths.ts';
import type { DigestTable } from './digest-table.ts';
import { type Doomed, type DoomedKind, type DoomedList, sweepOrder } from './doomed.ts';
import { createBytes, createFloats, createIntegers } from './number-lists.ts';
import { createTextTable } from './text-table.ts';

/** Takes what is doomed, in some thirty bytes each. */
export interface PackedDoomed {
  push(doomed: Doomed): void;
  /** All that was pushed, in the order of a sweep. */
  list(): DoomedList;
}

export function createPackedDoomed(digests: DigestTable): PackedDoomed {
  // Kind, and whether only the file in the directory goes; then repository, tag and digest.
  const [forms, numbers, sizes] = [createBytes(), createIntegers(), createFloats()];
  const texts = createTextTable();

  function at(index: number): Doomed {
    const kind = sweepOrder[forms.at(index) >> 1] as DoomedKind;
    const [repository, tag] = [texts.text(numbers.at(3 * index)), texts.text(numbers.at(3 * index + 1))];
    const digest = digests.digest(numbers.at(3 * index + 2));
    const directory = directoryOf({ kind, repository, tag, digest });
    const path = (forms.at(index) & 1) === 1 ? directory + fileIn[kind] : directory;
    const bytes = sizes.at(index);
    if (kind === 'blob') return { kind, digest, path, bytes };
    const isOfTag = kind === 'tag' || kind === 'tagEntry';
    return { kind, digest, repository, ...(isOfTag && { tag }), path, bytes };
  }

  return {
    push({ kind, repository = '', tag = '', digest, path, bytes }) {
      const isFile = path !== directoryOf({ kind, repository, tag, digest });
      forms.push((sweepOrder.indexOf(kind) << 1) | Number(isFile));
      numbers.push(texts.add(repository));
      numbers.push(texts.add(tag));
      numbers.push(digests.add(digest));
      sizes.push(bytes);
    },
    list() {
      const indices = Int32Array.from({ length: forms.length }, (_, index) => index);
      return view(
        at,
        indices.sort((a, b) => (forms.at(a) >> 1) - (forms.at(b) >> 1) || a - b),
      );
    },
  };
}

const fileIn: Readonly<Record<DoomedKind, string>> = {
  tag: '/current/link',
  tagEntry: '/link',
  revision: '/link',
  layer: '/link',
  blob: '/data',
  upload: '',
};

function directoryOf({
  kind,
  repository,
  tag,
  digest,
}: Record<'repository' | 'tag' | 'digest', string> & { kind: DoomedKind }): string {
  switch (kind) {
    case 'tag':
      return paths.tagPath(repository, tag);
    case 'tagEntry':
      return paths.tagIndexLinkPath(repository, tag, digest).slice(0, -'/link'.length);
    case 'revision':
      return paths.revisionPath(repository, digest);
    case 'layer':
      return paths.layerPath(repository, digest);
    case 'blob':
      return paths.blobPath(digest);
    case 'upload':
      return paths.uploadPath(repository, digest);
  }
}

function view(at: (index: number) => Doomed, indices: Int32Array): DoomedList {
  return {
    length: indices.length,
    at: (position) => (position < indices.length ? at(indices[position] as number) : undefined),
    slice: (from, to) => view(at, indices.subarray(from, to)),
    filter: (keep) =>
      view(
        at,
        indices.filter((index, position) => keep(at(index), position)),
      ),
    *[Symbol.iterator]() {
      for (const index of indices) yield at(index);
    },
  };
}
