import { blobsRoot, type LayoutPath, repositoriesRoot } from '../storage/paths.ts';
import { findBlobs } from './blob-walk.ts';
import { beginBoundedHeap } from './bounded-heap.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import type { Link, Place, References, RepositoryContent, StoreContent, TagContent } from './content.ts';
import { hiddenOnTheWay } from './directory-walk.ts';
import type { DigestTable } from './digest-table.ts';
import { readLink } from './link-entry.ts';
import { type ManifestRequest, readManifests } from './manifest-reader.ts';
import { type Gathered, gather } from './gathered.ts';
import type { Memory } from './memory.ts';
import { createIntegers } from './number-lists.ts';
import { createPackedBlobs } from './packed-blobs.ts';
import { createPackedManifests } from './packed-manifests.ts';
import { createPackedMap } from './packed-map.ts';
import { gatherDigests } from './plan-memory.ts';
import { createPackedRepositories } from './packed-repositories.ts';
import { readRepository } from './repository-reader.ts';
import { findRepositories } from './repository-walk.ts';
import type { TrashFiles } from './trash-files.ts';

/** What was read of a store. */
export interface ReadStore {
  readonly content: StoreContent;
  /** Directories of digests that hold nothing any more. */
  readonly hollow: readonly string[];
}

function createManyBlobs(digests: DigestTable): Gathered<Place> {
  beginBoundedHeap();
  return createPackedBlobs(digests);
}

/**
 * Reads what a collection must know of a store, together with what lies in the trash. Blobs are
 * listed first: one that arrives while the links are read is never taken for dead. Throws what the storage threw, for then nothing can be said to be dead.
 */
export async function readStore(
  reader: BoundedReader,
  trash: TrashFiles,
  memory: Memory,
): Promise<ReadStore> {
  const blobs = gather(memory, createManyBlobs, one);
  const { hollow, unknown: hidden } = await findBlobs(reader, blobs);
  const { found, unknown } = await findRepositories(reader);
  unknown.push(...hidden);
  for (const root of [blobsRoot, repositoriesRoot]) unknown.push(...(await hiddenOnTheWay(reader, root)));
  const trashed = linksByRepository(trash);
  const stored = gather(memory, createPackedRepositories, entriesOf);
  await forEachBounded(found, async (repository) => {
    // Before the store: what a commit brings back meanwhile is seen in one of them.
    const links = await readTrashedLinks(reader, trash, trashed.get(repository.name));
    const read = await readRepository(reader, repository);
    stored.set(repository.name, merge(read.content, links));
    hollow.push(...read.hollow);
    unknown.push(...read.unknown);
  });
  for (const [name, ranges] of trashed) {
    if (stored.map.has(name)) continue;
    const content = merge(undefined, await readTrashedLinks(reader, trash, ranges));
    const problems = unknown.length > 0 ? ['it may lie behind a symbolic link that cannot be followed'] : [];
    stored.set(name, { ...content, problems });
  }
  const repositories = sortedByName(stored.map);
  const copies = addTrashedBlobs(blobs, trash, memory);
  const manifests = gather(memory, createPackedManifests, referencesOf);
  const request = { expected: expectedManifests(repositories, memory), trashed: copies };
  await readManifests(reader, request, manifests);
  const content = {
    repositories,
    blobs: blobs.map,
    manifests: manifests.map,
    unknown: [...new Set(unknown)],
    memory,
  };
  return { content, hollow };
}

function sortedByName<V>(map: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  const names = [...map.keys()].sort();
  return createPackedMap({ size: map.size, keys: () => names, get: (name) => map.get(name) });
}

/** Where the links of each repository are in the trash: positions of a first and behind a last one, and so on, for most lie side by side. */
function linksByRepository(trash: TrashFiles): Map<string, number[]> {
  const ranges = new Map<string, number[]>();
  for (let index = 0; index < trash.length; index++) {
    const { layout } = trash.at(index);
    if (!layout || !linkKinds.has(layout.kind) || !('repository' in layout)) continue;
    const known = ranges.get(layout.repository);
    if (!known) ranges.set(layout.repository, [index, index + 1]);
    else if (known.at(-1) === index) known[known.length - 1] = index + 1;
    else known.push(index, index + 1);
  }
  return ranges;
}

async function readTrashedLinks(
  reader: BoundedReader,
  trash: TrashFiles,
  ranges: readonly number[] | undefined,
): Promise<TrashedLinks | undefined> {
  if (!ranges) return undefined;
  const links: TrashedLinks = { tags: new Map(), layers: new Map(), revisions: new Map() };
  for (const index of positionsIn(ranges)) {
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

function* positionsIn(ranges: readonly number[]): Generator<number> {
  for (let at = 0; at < ranges.length; at += 2) {
    for (let index = ranges[at] as number; index < (ranges[at + 1] as number); index++) yield index;
  }
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

/** Adds the blobs of the trash, and gives the path of a copy of each. */
function addTrashedBlobs(
  blobs: Gathered<Place>,
  trash: TrashFiles,
  { digests, few }: Memory,
): ManifestRequest['trashed'] {
  const copies = trash.length > few ? packedIndices(digests) : new Map<string, number>();
  for (let index = 0; index < trash.length; index++) {
    const { layout } = trash.at(index);
    if (layout?.kind !== 'blobData') continue;
    copies.set(layout.digest, index);
    if (!blobs.map.has(layout.digest)) blobs.set(layout.digest, 'trash');
  }
  function get(digest: string): string | undefined {
    const index = copies.get(digest);
    return index === undefined ? undefined : trash.at(index).path;
  }

  return {
    get,
    alone: (digest) => (blobs.map.get(digest) === 'trash' ? get(digest) : undefined),
  };
}

/** Where something of a digest is in a list, in four bytes each. */
function packedIndices(digests: DigestTable): Pick<Map<string, number>, 'get'> & {
  set(digest: string, index: number): void;
} {
  const indices = createIntegers();
  return {
    get(digest) {
      const index = indices.at(digests.find(digest)) - 1;
      return index < 0 ? undefined : index;
    },
    set: (digest, index) => indices.set(digests.add(digest), index + 1),
  };
}

function expectedManifests(
  repositories: StoreContent['repositories'],
  memory: Memory,
): ManifestRequest['expected'] {
  const expected = gatherDigests(memory);
  for (const { revisions, tags } of repositories.values()) {
    for (const digest of revisions.keys()) expected.add(digest);
    for (const { current } of tags.values()) if (current) expected.add(current);
  }
  return expected;
}

function one(): number {
  return 1;
}

function entriesOf({ revisions, layers, tags, uploads }: RepositoryContent): number {
  return 1 + revisions.size + layers.size + tags.size + uploads.size;
}

function referencesOf(manifest: References | 'damaged'): number {
  return manifest === 'damaged' ? 1 : 1 + manifest.blobs.length + manifest.manifests.length;
}
