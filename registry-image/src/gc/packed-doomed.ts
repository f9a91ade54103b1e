import * as paths from '../storage/paths.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathering } from './gathered.ts';
import { type Doomed, type DoomedKind, type DoomedList, sweepOrder } from './doomed-list.ts';
import { createBytes, createFloats, createIntegers } from './number-lists.ts';
import { createValueTable } from './value-table.ts';

const nobody = { repository: '', tag: '' };

/** What is doomed, in some twenty bytes each; listed in the order of a sweep. */
export function createPackedDoomed(digests: DigestTable): Gathering<Doomed, DoomedList> {
  // Kind, and whether only the file in the directory goes; then digest, and a repository, or the position of a size or of a repository and a tag.
  const [forms, numbers, sizes, pairs] = [createBytes(), createIntegers(), createFloats(), createIntegers()];
  const names = createValueTable<string>();

  function addOwner(kind: DoomedKind, repository: string, tag: string): number {
    if (!isOfTag(kind)) return names.add(repository, repository);
    pairs.push(names.add(repository, repository));
    pairs.push(names.add(tag, tag));
    return pairs.length - 2;
  }

  function ownerAt(kind: DoomedKind, rest: number): { repository: string; tag: string } {
    if (kind === 'blob') return nobody;
    if (!isOfTag(kind)) return { repository: names.at(rest), tag: '' };
    return { repository: names.at(pairs.at(rest)), tag: names.at(pairs.at(rest + 1)) };
  }

  function at(index: number): Doomed {
    const kind = sweepOrder[forms.at(index) >> 1] as DoomedKind;
    const [digest, rest] = [digests.digest(numbers.at(2 * index)), numbers.at(2 * index + 1)];
    const { repository, tag } = ownerAt(kind, rest);
    const directory = directoryOf[kind]({ repository, tag, digest });
    const path = (forms.at(index) & 1) === 1 ? directory + fileIn[kind] : directory;
    if (kind === 'blob') return { kind, digest, path, bytes: sizes.at(rest) };
    return { kind, digest, repository, ...(isOfTag(kind) && { tag }), path, bytes: 0 };
  }

  return {
    push({ kind, repository = '', tag = '', digest, path, bytes }) {
      const isFile = path !== directoryOf[kind]({ repository, tag, digest });
      forms.push((sweepOrder.indexOf(kind) << 1) | Number(isFile));
      numbers.push(digests.add(digest));
      numbers.push(kind === 'blob' ? sizes.length : addOwner(kind, repository, tag));
      if (kind === 'blob') sizes.push(bytes);
    },
    get list() {
      const indices = new Int32Array(forms.length);
      let next = 0;
      for (let kind = 0; kind < sweepOrder.length; kind++) {
        for (let index = 0; index < forms.length; index++) {
          if (forms.at(index) >> 1 === kind) indices[next++] = index;
        }
      }
      return view(at, indices);
    },
  };
}

function isOfTag(kind: DoomedKind): boolean {
  return kind === 'tag' || kind === 'tagEntry';
}

const fileIn: Readonly<Record<DoomedKind, string>> = {
  tag: '/current/link',
  tagEntry: '/link',
  revision: '/link',
  layer: '/link',
  blob: '/data',
  upload: '',
};

interface Place {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const directoryOf: Readonly<Record<DoomedKind, (place: Place) => string>> = {
  tag: ({ repository, tag }) => paths.tagPath(repository, tag),
  tagEntry: ({ repository, tag, digest }) =>
    paths.tagIndexLinkPath(repository, tag, digest).slice(0, -'/link'.length),
  revision: ({ repository, digest }) => paths.revisionPath(repository, digest),
  layer: ({ repository, digest }) => paths.layerPath(repository, digest),
  blob: ({ digest }) => paths.blobPath(digest),
  upload: ({ repository, digest }) => paths.uploadPath(repository, digest),
};

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
