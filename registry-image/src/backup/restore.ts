import type { Digest } from '../registry/digest.ts';
import { forEachInLanes } from '../registry/lanes.ts';
import { absentAsUndefined } from '../registry/links.ts';
import type { StorageDriver } from '../storage/driver.ts';
import {
  blobDataPath,
  layerLinkPath,
  ownRoot,
  revisionLinkPath,
  tagCurrentLinkPath,
  tagIndexLinkPath,
} from '../storage/paths.ts';
import { removeAbandoned } from './abandoned.ts';
import { type BlobCopier, createBlobCopier, statOrNothing } from './blob-copy.ts';
import { listSnapshots, readSnapshot, type RepositoryRecord } from './snapshot.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly source: StorageDriver;
  /** The store. */
  readonly target: StorageDriver;
  /** Name of the snapshot; the newest without it. */
  readonly snapshot?: string;
  /** Tags that name something else in the store go back to what the snapshot says; without it they stay. */
  readonly overwriteTags: boolean;
  /** Told of what is not whole in the backup, a sentence each. */
  readonly onDamage: (sentence: string) => void;
  readonly signal: AbortSignal;
}

export interface RestoreSummary {
  readonly snapshot: string;
  readonly repositories: number;
  readonly tags: number;
  /** Tags of the store that name something else than the snapshot. */
  readonly keptTags: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly copiedBlobs: number;
  readonly copiedBytes: number;
}

const lanes = 4;
/** Looks at what a collection beside this run may have taken. */
const mostLooks = 3;
const incomingRoot = `${ownRoot}/restoring`;

/**
 * Puts into a store what a snapshot has and the store lacks; takes nothing away. A link comes before its blob: it is young, so no collection takes
 * the blob for dead. A tag comes last, when all that it leads to is there. A run that ended early goes on where it was.
 */
export async function restore(options: RestoreOptions): Promise<RestoreSummary> {
  const { source, target, signal } = options;
  const snapshot = options.snapshot ?? (await listSnapshots(source)).at(-1);
  if (snapshot === undefined) throw new Error('there is no snapshot in the backup');
  await removeAbandoned(target, incomingRoot);
  const incoming = (id: string): string => `${incomingRoot}/${id}`;
  const copier = createBlobCopier({ source, target, incoming, signal });
  const counts = { repositories: 0, tags: 0, keptTags: 0 };
  await forEachInLanes(readSnapshot(source, snapshot), lanes, async (record) => {
    const tags = await restoreRepository({ ...options, copier }, record);
    counts.repositories += 1;
    counts.tags += tags.set;
    counts.keptTags += tags.kept;
  });
  return { snapshot, ...counts, ...copier.counts };
}

interface Work extends RestoreOptions {
  readonly copier: BlobCopier;
}

async function restoreRepository(
  work: Work,
  record: RepositoryRecord,
): Promise<{ set: number; kept: number }> {
  const { repository, layers, revisions } = record;
  const layerLinks = layers.map(([digest, named]) => ({
    repository,
    link: layerLinkPath(repository, digest),
    digest: named,
  }));
  const revisionLinks = revisions.map((digest) => ({
    repository,
    link: revisionLinkPath(repository, digest),
    digest,
  }));
  const whole: Linked[] = [];
  for (const linked of [...layerLinks, ...revisionLinks])
    if (await restoreLinked(work, linked)) whole.push(linked);
  const known = new Set(whole.map(({ link }) => link));
  const counts = await restoreTags(work, record, (digest) => known.has(revisionLinkPath(repository, digest)));
  await restoreTaken(work, whole);
  return counts;
}

async function restoreTags(
  { target, overwriteTags }: Work,
  { repository, tags }: RepositoryRecord,
  isThere: (digest: Digest) => boolean,
): Promise<{ set: number; kept: number }> {
  const counts = { set: 0, kept: 0 };
  for (const [tag, { current, history }] of Object.entries(tags)) {
    if (!isThere(current)) continue;
    for (const digest of new Set([...history, current]))
      await writeLink(target, tagIndexLinkPath(repository, tag, digest), digest);
    const path = tagCurrentLinkPath(repository, tag);
    const present = (await absentAsUndefined(target.getContent(path)))?.toString('latin1').trim();
    if (present !== undefined && present !== current && !overwriteTags) {
      counts.kept += 1;
      continue;
    }
    if (present !== current) await target.putContent(path, current);
    counts.set += 1;
  }
  return counts;
}

/**
 * A collection that spares nothing for its age (`minAge: 0s`) may have taken what had no tag yet. Now that there are tags, none that begins
 * takes it again, and one under way puts it back in the end.
 */
async function restoreTaken(work: Work, whole: readonly Linked[]): Promise<void> {
  for (let look = 0; look < mostLooks; look += 1) {
    let isWhole = true;
    for (const linked of whole) {
      const parts = [linked.link, blobDataPath(linked.digest)].map((path) =>
        statOrNothing(work.target, path),
      );
      if ((await Promise.all(parts)).every((entry) => entry !== undefined)) continue;
      isWhole = false;
      work.copier.forget(linked.digest);
      await restoreLinked(work, linked);
    }
    if (isWhole) return;
  }
}

interface Linked {
  readonly repository: string;
  readonly link: string;
  readonly digest: Digest;
}

/** False when the backup has no such blob: then there is no link to it either. */
async function restoreLinked(
  { target, copier, onDamage, signal }: Work,
  { repository, link, digest }: Linked,
): Promise<boolean> {
  signal.throwIfAborted();
  const isNew = await writeLink(target, link, digest);
  const result = await copier.copy(digest);
  if (result === 'copied' || result === 'kept') return true;
  onDamage(`${repository}: ${digest} is ${result} in the backup`);
  if (isNew) await target.delete(link.slice(0, link.lastIndexOf('/')));
  return false;
}

/** Whether it was not there. */
async function writeLink(target: StorageDriver, path: string, digest: Digest): Promise<boolean> {
  if (await statOrNothing(target, path)) return false;
  await target.putContent(path, digest);
  return true;
}
