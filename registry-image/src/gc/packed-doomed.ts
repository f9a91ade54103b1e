import * as paths from '../storage/paths.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathering } from './gathered.ts';
import { type Doomed, type DoomedKind, type DoomedList, sweepOrder } from './doomed-list.ts';
import { createBytes, createFloats, createIntegers } from './number-lists.ts';
import { createValueTable } from './value-table.ts';

/** No name has it. */
const separator = '\0';
const nobody = { repository: '', tag: '' };

/** What is doomed, in some twenty bytes each; listed in the order of a sweep. */
export function createPackedDoomed(digests: DigestTable): Gathering<Doomed, DoomedList> {
  // Kind, and whether only the file in the directory goes; then digest, and a name or the position of a size.
  const [forms, numbers, sizes] = [createBytes(), createIntegers(), createFloats()];
  const owners = createValueTable<{ readonly repository: string; readonly tag: string }>();

  function at(index: number): Doomed {
    const kind = sweepOrder[forms.at(index) >> 1] as DoomedKind;
    const [digest, rest] = [digests.digest(numbers.at(2 * index)), numbers.at(2 * index + 1)];
    const { repository, tag } = kind === 'blob' ? nobody : owners.at(rest);
    const directory = directoryOf[kind]({ repository, tag, digest });
    const path = (forms.at(index) & 1) === 1 ? directory + fileIn[kind] : directory;
    if (kind === 'blob') return { kind, digest, path, bytes: sizes.at(rest) };
    const isOfTag = kind === 'tag' || kind === 'tagEntry';
    return { kind, digest, repository, ...(isOfTag && { tag }), path, bytes: 0 };
  }

  return {
    push({ kind, repository = '', tag = '', digest, path, bytes }) {
      const isFile = path !== directoryOf[kind]({ repository, tag, digest });
      forms.push((sweepOrder.indexOf(kind) << 1) | Number(isFile));
      numbers.push(digests.add(digest));
      numbers.push(
        kind === 'blob' ? sizes.length : owners.add(`${repository}${separator}${tag}`, { repository, tag }),
      );
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
