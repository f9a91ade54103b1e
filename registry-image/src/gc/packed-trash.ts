import * as paths from '../storage/paths.ts';
import type { LayoutPath } from '../storage/paths.ts';
import { type SweptPlace, sweptPathIn, sweptPlaceOf } from '../storage/swept-paths.ts';
import type { DigestTable } from './digest-table.ts';
import type { Gathering } from './gathered.ts';
import { createBytes, createFloats, createIntegers } from './number-lists.ts';
import { createValueTable } from './value-table.ts';
import type { TrashFile, TrashFiles } from './trash-files.ts';

/** What there is much of; whatever else lies in the trash is kept as it is. */
const kinds = ['blobData', 'layerLink', 'revisionLink', 'tagIndexLink', 'tagCurrentLink'] as const;
type PackedPath =
  | { kind: 'blobData'; digest: string }
  | { kind: 'layerLink'; repository: string; digest: string }
  | { kind: 'revisionLink'; repository: string; digest: string }
  | { kind: 'tagIndexLink'; repository: string; tag: string; digest: string }
  | { kind: 'tagCurrentLink'; repository: string; tag: string };
const odd = kinds.length;

/** No name has it. */
const separator = '\0';

/** Files of the trash, in some twenty bytes each. */
export function createPackedTrash(digests: DigestTable): Gathering<TrashFile, TrashFiles> {
  // Of a blob its size, of an entry the number of its tag, of another link when it was modified: nobody asks for the rest.
  const [kindOf, numbers, values] = [createBytes(), createIntegers(), createFloats()];
  const places = createValueTable<RunPlace>();
  const names = createValueTable<string>();
  const others: TrashFile[] = [];

  function pack({ run, size, modified }: TrashFile, layout: PackedPath, { top, isFlat }: SweptPlace): void {
    kindOf.push(kinds.indexOf(layout.kind));
    numbers.push(places.add([run, top, isFlat].join(separator), { run, top, isFlat }));
    const repository = 'repository' in layout ? layout.repository : '';
    const tag = 'tag' in layout ? names.add(layout.tag, layout.tag) : 0;
    numbers.push(names.add(repository, repository));
    numbers.push('digest' in layout ? digests.add(layout.digest) : tag);
    values.push(layout.kind === 'blobData' ? size : layout.kind === 'tagIndexLink' ? tag : modified);
  }

  function packOther(file: TrashFile): void {
    kindOf.push(odd);
    for (const number of [others.length, 0, 0]) numbers.push(number);
    values.push(0);
    others.push(file);
  }

  function layoutAt(index: number): PackedPath {
    const kind = kinds[kindOf.at(index)] as PackedPath['kind'];
    const repository = names.at(numbers.at(3 * index + 1));
    const number = numbers.at(3 * index + 2);
    if (kind === 'tagCurrentLink') return { kind, repository, tag: names.at(number) };
    const digest = digests.digest(number);
    if (kind === 'blobData') return { kind, digest };
    if (kind === 'tagIndexLink') return { kind, repository, tag: names.at(values.at(index)), digest };
    return { kind, repository, digest };
  }

  function at(index: number): TrashFile {
    if (kindOf.at(index) === odd) return others[numbers.at(3 * index)] as TrashFile;
    return new PackedFile(places.at(numbers.at(3 * index)), layoutAt(index), values.at(index));
  }

  return {
    list: {
      at,
      get length() {
        return kindOf.length;
      },
      *[Symbol.iterator]() {
        for (let index = 0; index < kindOf.length; index++) yield at(index);
      },
    },
    push(file) {
      const { layout, origin, path } = file;
      const isUsual = layout && isPacked(layout) && pathOf(layout) === origin && isToldByOne(file, layout);
      const place = isUsual ? sweptPlaceOf(path, origin) : undefined;
      if (isUsual && place) pack(file, layout, place);
      else packOther(file);
    },
  };
}

type RunPlace = SweptPlace & { readonly run: string };

/** A class, because an object with getters of its own costs some 700 bytes that only a full collection of garbage gives back. */
class PackedFile implements TrashFile {
  readonly #place: RunPlace;
  readonly #value: number;
  readonly layout: PackedPath;

  /** @param value of a blob its size, of a layer, a revision or a tag when it was modified */
  constructor(place: RunPlace, layout: PackedPath, value: number) {
    this.#place = place;
    this.#value = value;
    this.layout = layout;
  }

  get path(): string {
    return sweptPathIn(this.#place, this.origin);
  }

  get run(): string {
    return this.#place.run;
  }

  get origin(): string {
    return pathOf(this.layout);
  }

  get size(): number {
    return this.layout.kind === 'blobData' ? this.#value : usualSize(this.layout);
  }

  get modified(): number {
    return hasNoTime(this.layout) ? 0 : this.#value;
  }
}

function isPacked(layout: LayoutPath): layout is PackedPath {
  return (kinds as readonly string[]).includes(layout.kind);
}

/** Bytes of a link that names the digest in its path. */
function usualSize(layout: PackedPath): number {
  return 'digest' in layout ? layout.digest.length : 0;
}

/** Nobody asks when it was modified. */
function hasNoTime({ kind }: PackedPath): boolean {
  return kind === 'blobData' || kind === 'tagIndexLink';
}

function isToldByOne({ size, modified }: TrashFile, layout: PackedPath): boolean {
  if (hasNoTime(layout) && modified !== 0) return false;
  return layout.kind === 'blobData' || size === usualSize(layout);
}

function pathOf(layout: PackedPath): string {
  if (layout.kind === 'blobData') return paths.blobDataPath(layout.digest);
  if (layout.kind === 'layerLink') return paths.layerLinkPath(layout.repository, layout.digest);
  if (layout.kind === 'revisionLink') return paths.revisionLinkPath(layout.repository, layout.digest);
  if (layout.kind === 'tagCurrentLink') return paths.tagCurrentLinkPath(layout.repository, layout.tag);
  return paths.tagIndexLinkPath(layout.repository, layout.tag, layout.digest);
}
