import { setFlagsFromString } from 'node:v8';
import { blobDataPath, type LayoutPath } from '../storage/paths.ts';
import { sweptPathIn, sweptPlaceOf } from '../storage/swept-paths.ts';
import { findBlobs } from './blob-walk.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import type { Link, RepositoryContent, StoreContent, TagContent } from './content.ts';
import type { DigestTable } from './digest-table.ts';
import { readLink } from './link-entry.ts';
import { type ManifestRequest, readManifests } from './manifest-reader.ts';
import { createBytes, createIntegers } from './number-lists.ts';
import { createPackedBlobs, type PackedBlobs } from './packed-blobs.ts';
import { createPackedManifests } from './packed-manifests.ts';
import { createPackedMap } from './packed-map.ts';
import { createPackedRepositories } from './packed-repositories.ts';
import { readRepository } from './repository-reader.ts';
import { findRepositories } from './repository-walk.ts';
import { createTextTable } from './text-table.ts';
import type { TrashFile, TrashFiles } from './trash-files.ts';

export interface ReadStore {
  readonly content: StoreContent;
  /** Directories of digests that hold nothing any more. */
  readonly hollow: readonly string[];
}

/** A store of so many digests is a large one. */
const manyDigests = 100_000;

/** From now on the heap grows by a third at most before garbage is looked for, which takes a fifth more time: that of a collector that reads a large store. */
function saveMemory(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * Reads what a collection must know of a store, together with what lies in the trash. Blobs are
 * listed first: one that arrives while the links are read is never taken for dead. Throws what the storage threw, for then nothing can be said to be dead.
 */
export async function readStore(
  reader: BoundedReader,
  trash: TrashFiles,
  digests: DigestTable,
): Promise<ReadStore> {
  const blobs = createPackedBlobs(digests);
  const hollow = await findBlobs(reader, blobs);
  if (digests.size > manyDigests) saveMemory();
  const { found, unknown } = await findRepositories(reader);
  const trashed = linksByRepository(trash);
  const stored = createPackedRepositories(digests);
  await forEachBounded(found, async (repository) => {
    const read = await readRepository(reader, repository);
    const links = await readTrashedLinks(reader, trash, trashed.get(repository.name));
    stored.set(repository.name, merge(read.content, links));
    hollow.push(...read.hollow);
    unknown.push(...read.unknown);
  });
  for (const [name, indices] of trashed) {
    if (stored.map.has(name)) continue;
    stored.set(name, merge(undefined, await readTrashedLinks(reader, trash, indices)));
  }
  const repositories = sortedByName(stored.map);
  const copies = addTrashedBlobs(blobs, trash, digests);
  const manifests = createPackedManifests(digests);
  await readManifests(
    reader,
    { expected: expectedManifests(repositories, digests), trashed: copies },
    manifests,
  );
  const content = {
    repositories,
    blobs: blobs.map,
    manifests: manifests.map,
    unknown: [...new Set(unknown)],
    digests,
  };
  return { content, hollow };
}

function sortedByName<V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  const names = [...map.keys()].sort();
  return createPackedMap({ size: map.size, keys: () => names, get: (name) => map.get(name) });
}

/** Positions of the links in the trash, by repository. */
function linksByRepository(trash: TrashFiles): Map<string, number[]> {
  const indices = new Map<string, number[]>();
  for (let index = 0; index < trash.length; index++) {
    const { layout } = trash.at(index);
    if (!layout || !linkKinds.has(layout.kind) || !('repository' in layout)) continue;
    const known = indices.get(layout.repository);
    if (known) known.push(index);
    else indices.set(layout.repository, [index]);
  }
  return indices;
}

async function readTrashedLinks(
  reader: BoundedReader,
  trash: TrashFiles,
  indices: readonly number[] | undefined,
): Promise<TrashedLinks | undefined> {
  if (!indices) return undefined;
  const links: TrashedLinks = { tags: new Map(), layers: new Map(), revisions: new Map() };
  for (const index of indices) {
    const { layout, modified, path, size } = trash.at(index);
    if (layout?.kind === 'revisionLink') links.revisions.set(layout.digest, { modified, trashed: true });
    if (layout?.kind === 'layerLink') {
      const target = await aliasTarget(reader, path, layout.digest, size);
      links.layers.set(layout.digest, { modified, trashed: true, target });
    }
    if (layout?.kind === 'tagCurrentLink' && modified >= (links.tags.get(layout.tag)?.modified ?? 0)) {
      const link = await readLink(reader, path);
      const current = link.kind === 'digest' ? link.digest : undefined;
      links.tags.set(layout.tag, { current, modified, history: [], trashed: true });
    }
  }
  return links;
}

const linkKinds: ReadonlySet<LayoutPath['kind']> = new Set(['revisionLink', 'layerLink', 'tagCurrentLink']);

interface TrashedLinks {
  readonly tags: Map<string, TagContent>;
  readonly layers: Map<string, Link>;
  readonly revisions: Map<string, Link>;
}

async function aliasTarget(
  reader: BoundedReader,
  path: string,
  digest: string,
  size: number,
): Promise<string | undefined> {
  if (size === digest.length) return undefined;
  const link = await readLink(reader, path);
  return link.kind === 'digest' && link.digest !== digest ? link.digest : undefined;
}

function merge(
  stored: RepositoryContent = {
    inStore: false,
    tags: new Map(),
    revisions: new Map(),
    layers: new Map(),
    uploads: new Map(),
    problems: [],
  },
  trashed?: TrashedLinks,
): RepositoryContent {
  if (!trashed) return stored;
  const tags = new Map(stored.tags);
  for (const [name, tag] of trashed.tags) {
    const known = tags.get(name);
    if (known?.current === undefined) tags.set(name, { ...tag, history: known?.history ?? [] });
  }
  return {
    ...stored,
    tags,
    layers: new Map([...trashed.layers, ...stored.layers]),
    revisions: new Map([...trashed.revisions, ...stored.revisions]),
  };
}

/** At the end of a place of the trash whose files lie there by names; no path has it. */
const flatMark = '\0';

/** Adds the blobs of the trash, and gives the path of a copy of each. */
function addTrashedBlobs(
  blobs: PackedBlobs,
  trash: Iterable<TrashFile>,
  digests: DigestTable,
): ManifestRequest['trashed'] {
  const places = createTextTable();
  // By digest, the number of the run's directory plus one.
  const copies = createIntegers();
  for (const { layout, path, origin } of trash) {
    if (layout?.kind !== 'blobData') continue;
    const place = sweptPlaceOf(path, origin);
    if (place)
      copies.set(digests.add(layout.digest), places.add(place.top + (place.isFlat ? flatMark : '')) + 1);
    if (!blobs.map.has(layout.digest)) blobs.set(layout.digest, 'trash');
  }
  return {
    get(digest) {
      const place = copies.at(digests.find(digest)) - 1;
      if (place < 0) return undefined;
      const text = places.text(place);
      const isFlat = text.endsWith(flatMark);
      return sweptPathIn({ top: isFlat ? text.slice(0, -1) : text, isFlat }, blobDataPath(digest));
    },
  };
}

function expectedManifests(
  repositories: StoreContent['repositories'],
  digests: DigestTable,
): ManifestRequest['expected'] {
  const expected = createBytes();
  for (const { revisions, tags } of repositories.values()) {
    for (const digest of revisions.keys()) expected.set(digests.add(digest), 1);
    for (const { current } of tags.values()) if (current) expected.set(digests.add(current), 1);
  }
  return {
    has: (digest) => expected.at(digests.find(digest)) === 1,
    *[Symbol.iterator]() {
      for (let number = 0; number < expected.length; number++) {
        if (expected.at(number) === 1) yield digests.digest(number);
      }
    },
  };
}
