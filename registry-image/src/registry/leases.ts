import type { StorageDriver } from '../storage/driver.ts';
import { layerLinkPath, revisionLinkPath, revisionPath } from '../storage/paths.ts';
import { type CommitGate, isWriteRefusal } from './commit-gate.ts';
import type { Digest } from './digest.ts';
import type { Addition } from './journal.ts';
import { absentAsUndefined } from './links.ts';
import type { Reference } from './manifest-format.ts';
import type { ReadManifest } from './parsed-manifests.ts';

/**
 * A lease is the modification time of a `_layers` or revision link: what it names stays alive until the link is older
 * than minAge (docs/architecture.md, "Leases").
 */
export interface Leases {
  /**
   * For a HEAD that is answered 200 to someone who may push: renews the lease of a link unless it was renewed just now.
   * False when the link has gone meanwhile. A HEAD is a read, so it is never refused: in a window it waits as a write
   * does, and then does without, as it does when the storage is full or read-only.
   * @param options.tagged a tag keeps it alive: a lease older than a quarter of minAge is enough, and there is nothing
   * to wait for
   */
  renewIfOld(
    held: Addition,
    modified: number,
    options?: { tagged?: boolean; signal?: AbortSignal },
  ): Promise<boolean>;
  /** Marks the moment at which a revision was committed; `end` compares with it. */
  recordCommit(repository: string, revision: Digest): Promise<void>;
  /** Ends the leases on what a revision references that were not renewed since it was committed. Runs in a section. */
  end(repository: string, revision: Digest, read: ReadManifest): Promise<void>;
}

/**
 * Milliseconds within which a lease needs no second renewal. Longer would lose what a HEAD promised: the deletion of
 * another manifest ends leases from before its commit, and a collection may run with a shorter minAge than this registry.
 */
const justNow = 1_000;

export function createLeases(options: { driver: StorageDriver; gate: CommitGate; minAgeMs: number }): Leases {
  const { driver, gate, minAgeMs } = options;

  async function renewIfOld(
    held: Addition,
    modified: number,
    { tagged = false, signal }: { tagged?: boolean; signal?: AbortSignal } = {},
  ): Promise<boolean> {
    // Nobody can push while the registry is read-only, so nobody relies on what a HEAD says.
    const age = Date.now() - modified;
    if (minAgeMs === 0 || gate.mode === 'readOnly' || age < (tagged ? minAgeMs / 4 : justNow)) return true;
    if (tagged && gate.mode === 'paused') return true;
    const linkPath = pathOf(held);
    const section = async (): Promise<boolean> => {
      const touched = await absentAsUndefined(driver.touch(linkPath, Date.now()).then(() => true));
      return touched ?? false;
    };
    try {
      return await gate.run(section, { signal, adds: [held] });
    } catch (error) {
      if (!isWriteRefusal(error)) throw error;
      return (await absentAsUndefined(driver.stat(linkPath))) !== undefined;
    }
  }

  // The time of the directory, not of the link: a HEAD renews the link's, and only a commit changes the directory's.
  async function recordCommit(repository: string, revision: Digest): Promise<void> {
    await absentAsUndefined(driver.touch(revisionPath(repository, revision), Date.now()));
  }

  async function end(repository: string, revision: Digest, read: ReadManifest): Promise<void> {
    const seen = new Set<Digest>();
    const pending = [revision];
    for (let current = pending.pop(); current; current = pending.pop()) {
      const committed = await absentAsUndefined(driver.stat(revisionPath(repository, current)));
      const manifest = await read(current);
      if (!committed || !manifest || seen.has(current)) continue;
      seen.add(current);
      for (const reference of manifest.references) {
        const ended = await endOne(linkOf(repository, reference), committed.modified);
        if (ended && reference.kind === 'manifest') pending.push(reference.digest);
      }
    }
  }

  async function endOne(linkPath: string, committed: number): Promise<boolean> {
    const link = await absentAsUndefined(driver.stat(linkPath));
    if (!link || link.modified > committed) return false;
    await absentAsUndefined(driver.touch(linkPath, 0));
    return true;
  }

  return { renewIfOld, recordCommit, end };
}

/** The link by which a repository holds a reference of one of its manifests. */
export function linkOf(repository: string, { kind, digest }: Pick<Reference, 'kind' | 'digest'>): string {
  return pathOf({ kind, repository, digest });
}

function pathOf({ kind, repository, digest }: Addition): string {
  return kind === 'manifest' ? revisionLinkPath(repository, digest) : layerLinkPath(repository, digest);
}
