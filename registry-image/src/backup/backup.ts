import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../registry/digest.ts';
import { forEachInLanes } from '../registry/lanes.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { incomingRoot } from './backup-layout.ts';
import { type BlobCopier, createBlobCopier } from './blob-copy.ts';
import { createSnapshot, type RepositoryRecord, type SnapshotWriter } from './snapshot.ts';
import { removeAbandoned } from './abandoned.ts';
import { readRepository, storedRepositories } from './stored-repository.ts';

export interface BackupOptions {
  readonly source: StorageDriver;
  readonly target: StorageDriver;
  /** Of the snapshot (see `snapshotName`). */
  readonly name: string;
  /** Told of what is not whole in the source itself, a sentence each; the snapshot goes without it. */
  readonly onDamage: (sentence: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at a repository that changed while it was read. */
  readonly pause?: number;
}

export interface BackupSummary {
  readonly repositories: number;
  readonly tags: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly copiedBlobs: number;
  readonly copiedBytes: number;
}

const lanes = 4;
/** Looks at a repository from which a collection or a client takes something while it is read. */
const mostLooks = 3;
/** Milliseconds after which a blob that is kept counts as newly needed, so that no prune of another run takes it. */
const renewedAfter = 3_600_000;

/**
 * Copies all that clients can see of a store, while it serves: blobs before the links to them are noted, and the snapshot itself at last, at once.
 * A run that ends early leaves blobs, which the next one need not copy, and no snapshot.
 */
export async function backUp(options: BackupOptions): Promise<BackupSummary> {
  const { source, target, signal } = options;
  await removeAbandoned(target, incomingRoot);
  // A volume that is not mounted must not pass for an empty store.
  await source.children('/');
  const copier = createBlobCopier({ source, target, onKept: (entry) => renew(target, entry), signal });
  const snapshot = await createSnapshot(target, options.name);
  const counts = { repositories: 0, tags: 0 };
  try {
    await forEachInLanes(storedRepositories(source), lanes, async (repository) => {
      const record = await copyRepository({ ...options, copier, repository });
      counts.repositories += 1;
      counts.tags += Object.keys(record.tags).length;
      await snapshot.add(record);
    });
    return await published(snapshot, { ...counts, ...copier.counts });
  } catch (error) {
    await snapshot.discard();
    throw error;
  }
}

async function published(snapshot: SnapshotWriter, summary: BackupSummary): Promise<BackupSummary> {
  await snapshot.publish();
  return summary;
}

async function renew(
  target: StorageDriver,
  { path, modified }: { path: string; modified: number },
): Promise<void> {
  if (Date.now() - modified > renewedAfter) await target.touch(path, Date.now());
}

interface RepositoryCopy extends Pick<BackupOptions, 'source' | 'onDamage' | 'signal' | 'pause'> {
  readonly copier: BlobCopier;
  readonly repository: string;
}

/** A record all of whose blobs are in the target, and whose tags name revisions of it. */
async function copyRepository(copy: RepositoryCopy): Promise<RepositoryRecord> {
  const { source, repository, copier, signal, pause = 300 } = copy;
  for (let look = 1; ; look += 1) {
    const record = await readRepository(source, repository);
    const missing = await copyBlobs(record, copier);
    const whole = withoutMissing(record, missing);
    const dangling = Object.keys(record.tags).filter((tag) => !(tag in whole.tags));
    if (missing.size === 0 && dangling.length === 0) return whole;
    if (look < mostLooks) {
      await sleep(pause, undefined, { signal });
      continue;
    }
    for (const [digest, what] of missing) copy.onDamage(`${repository}: ${digest} is ${what} in the store`);
    for (const tag of dangling)
      copy.onDamage(`${repository}: the tag ${tag} names ${record.tags[tag]?.current}, which is not there`);
    return whole;
  }
}

async function copyBlobs(
  { layers, revisions }: RepositoryRecord,
  copier: BlobCopier,
): Promise<ReadonlyMap<Digest, string>> {
  const missing = new Map<Digest, string>();
  for (const digest of new Set([...layers.map(([, target]) => target), ...revisions])) {
    const result = await copier.copy(digest);
    if (result === 'absent' || result === 'damaged') missing.set(digest, result);
  }
  return missing;
}

function withoutMissing(record: RepositoryRecord, missing: ReadonlyMap<Digest, string>): RepositoryRecord {
  const revisions = record.revisions.filter((digest) => !missing.has(digest));
  const known = new Set(revisions);
  const tags = Object.entries(record.tags).filter(([, { current }]) => known.has(current));
  return {
    repository: record.repository,
    layers: record.layers.filter(([, target]) => !missing.has(target)),
    revisions,
    tags: Object.fromEntries(tags),
  };
}
