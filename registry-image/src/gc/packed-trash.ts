import * as paths from '../storage/paths.ts';
import type { LayoutPath } from '../storage/paths.ts';
import type { DigestTable } from './digest-table.ts';
import { createBytes, createFloats, createIntegers } from './number-lists.ts';
import { createTextTable } from './text-table.ts';
import type { TrashFile, TrashFiles } from './trash-files.ts';

/** Files of the trash, in about forty bytes each. */
export interface PackedTrash extends TrashFiles {
  push(file: TrashFile): void;
}

/** What there is much of; whatever else lies in the trash is kept as it is. */
const kinds = ['blobData', 'layerLink', 'revisionLink', 'tagIndexLink', 'tagCurrentLink'] as const;
type PackedPath =
  | { kind: 'blobData'; digest: string }
  | { kind: 'layerLink' | 'revisionLink'; repository: string; digest: string }
  | { kind: 'tagIndexLink'; repository: string; tag: string; digest: string }
  | { kind: 'tagCurrentLink'; repository: string; tag: string };
const odd = kinds.length;

export function createPackedTrash(digests: DigestTable): PackedTrash {
  const [kindOf, numbers, sizes, times] = [createBytes(), createIntegers(), createFloats(), createFloats()];
  const texts = createTextTable();
  const others: TrashFile[] = [];

  function pack(file: TrashFile, layout: PackedPath): void {
    kindOf.push(kinds.indexOf(layout.kind));
    numbers.push(texts.add(file.path.slice(0, -file.origin.length)));
    numbers.push(texts.add(file.run));
    numbers.push('repository' in layout ? texts.add(layout.repository) : 0);
    numbers.push('tag' in layout ? texts.add(layout.tag) : 0);
    numbers.push('digest' in layout ? digests.add(layout.digest) : 0);
    sizes.push(file.size);
    times.push(file.modified);
  }

  function packOther(file: TrashFile): void {
    kindOf.push(odd);
    for (const number of [others.length, 0, 0, 0, 0]) numbers.push(number);
    sizes.push(0);
    times.push(0);
    others.push(file);
  }

  function layoutAt(index: number): PackedPath {
    const kind = kinds[kindOf.at(index)] as PackedPath['kind'];
    const [repository, tag] = [texts.text(numbers.at(5 * index + 2)), texts.text(numbers.at(5 * index + 3))];
    if (kind === 'tagCurrentLink') return { kind, repository, tag };
    const digest = digests.digest(numbers.at(5 * index + 4));
    if (kind === 'blobData') return { kind, digest };
    return kind === 'tagIndexLink' ? { kind, repository, tag, digest } : { kind, repository, digest };
  }

  function at(index: number): TrashFile {
    if (kindOf.at(index) === odd) return others[numbers.at(5 * index)] as TrashFile;
    const layout = layoutAt(index);
    const origin = pathOf(layout);
    const path = texts.text(numbers.at(5 * index)) + origin;
    const run = texts.text(numbers.at(5 * index + 1));
    return { path, run, origin, layout, size: sizes.at(index), modified: times.at(index) };
  }

  return {
    at,
    get length() {
      return kindOf.length;
    },
    push(file) {
      const { layout, origin, path } = file;
      if (layout && isPacked(layout) && pathOf(layout) === origin && path.endsWith(origin))
        pack(file, layout);
      else packOther(file);
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < kindOf.length; index++) yield at(index);
    },
  };
}

function isPacked(layout: LayoutPath): layout is PackedPath {
  return (kinds as readonly string[]).includes(layout.kind);
}

function pathOf(layout: PackedPath): string {
  switch (layout.kind) {
    case 'blobData':
      return paths.blobDataPath(layout.digest);
    case 'layerLink':
      return paths.layerLinkPath(layout.repository, layout.digest);
    case 'revisionLink':
      return paths.revisionLinkPath(layout.repository, layout.digest);
    case 'tagIndexLink':
      return paths.tagIndexLinkPath(layout.repository, layout.tag, layout.digest);
    case 'tagCurrentLink':
      return paths.tagCurrentLinkPath(layout.repository, layout.tag);
  }
}
