import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import { findBlobs } from './blob-walk.ts';
import type { Link, Place, RepositoryContent, StoreContent } from './content.ts';
import { readLink } from './link-entry.ts';
import { readManifests } from './manifest-reader.ts';
import { readRepository } from './repository-reader.ts';
import { findRepositories } from './repository-walk.ts';
import type { TrashFile } from './trash-files.ts';

export interface ReadStore {
  readonly content: StoreContent;
  /** Directories of digests that hold nothing any more. */
  readonly hollow: readonly string[];
}

/**
 * Reads what a collection must know of a store, together with what lies in the trash. Blobs are
 * listed first: one that arrives while the links are read is never taken for dead. Throws what the storage threw, for then nothing can be said to be dead.
 */
export async function readStore(reader: BoundedReader, trash: readonly TrashFile[]): Promise<ReadStore> {
  const blobs = await findBlobs(reader);
  const { found, unknown } = await findRepositories(reader);
  const repositories = new Map<string, RepositoryContent>();
  const hollow: string[] = [...blobs.hollow];
  await forEachBounded(found, async (repository) => {
    const read = await readRepository(reader, repository);
    repositories.set(repository.name, read.content);
    hollow.push(...read.hollow);
    unknown.push(...read.unknown);
  });
  const merged = await withTrash(reader, repositories, trash);
  const trashed = withTrashedBlobs(blobs.places, trash);
  const manifests = await readManifests(reader, { expected: expectedManifests(merged), trashed });
  const content = { repositories: merged, blobs: blobs.places, manifests, unknown: [...new Set(unknown)] };
  return { content, hollow };
}

/** Adds the links of the trash, to a copy sorted by name; one in the store has precedence. */
async function withTrash(
  reader: BoundedReader,
  repositories: ReadonlyMap<string, RepositoryContent>,
  trash: readonly TrashFile[],
): Promise<Map<string, RepositoryContent>> {
  const trashedLinks = new Map<string, { layers: Map<string, Link>; revisions: Map<string, Link> }>();
  for (const { layout, modified, path, size } of trash) {
    if (layout?.kind !== 'layerLink' && layout?.kind !== 'revisionLink') continue;
    const links = trashedLinks.get(layout.repository) ?? { layers: new Map(), revisions: new Map() };
    trashedLinks.set(layout.repository, links);
    if (layout.kind === 'revisionLink') links.revisions.set(layout.digest, { modified, trashed: true });
    else
      links.layers.set(layout.digest, {
        modified,
        trashed: true,
        target: await aliasTarget(reader, path, layout.digest, size),
      });
  }
  const names = [...new Set([...repositories.keys(), ...trashedLinks.keys()])].sort();
  return new Map(names.map((name) => [name, merge(repositories.get(name), trashedLinks.get(name))]));
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
  trashed?: { layers: Map<string, Link>; revisions: Map<string, Link> },
): RepositoryContent {
  if (!trashed) return stored;
  return {
    ...stored,
    layers: new Map([...trashed.layers, ...stored.layers]),
    revisions: new Map([...trashed.revisions, ...stored.revisions]),
  };
}

/** Adds the blobs of the trash to `places` and gives the path of a copy of each. */
function withTrashedBlobs(places: Map<string, Place>, trash: readonly TrashFile[]): Map<string, string> {
  const copies = new Map<string, string>();
  for (const { layout, path } of trash) {
    if (layout?.kind !== 'blobData') continue;
    copies.set(layout.digest, path);
    if (!places.has(layout.digest)) places.set(layout.digest, 'trash');
  }
  return copies;
}

function expectedManifests(repositories: ReadonlyMap<string, RepositoryContent>): Set<string> {
  const expected = new Set<string>();
  for (const { revisions, tags } of repositories.values()) {
    for (const digest of revisions.keys()) expected.add(digest);
    for (const { current } of tags.values()) if (current) expected.add(current);
  }
  return expected;
}
