import type { CollectionOptions } from '../config/maintenance.ts';
import type { Link, RepositoryContent, StoreContent } from './content.ts';

/** Why a digest is alive in a repository; `kept`: because the repository keeps all that it has. */
export type Reason = 'tag' | 'revision' | 'lease' | 'kept' | 'reference' | 'referrer';

export interface Liveness {
  /** Digests of manifests and blobs that the repository keeps alive. */
  readonly live: ReadonlyMap<string, Reason>;
  /** What could not be told, a sentence each; with any, all that the repository has is alive. */
  readonly problems: readonly string[];
}

/** The options that decide what is alive; minAge in milliseconds. */
export type LivenessOptions = Pick<CollectionOptions, 'deleteUntagged' | 'minAge'>;

type Manifests = StoreContent['manifests'];

/**
 * Roots and their closure in one repository. Roots are tags, leases and, without deleteUntagged, every revision. A live
 * digest keeps what its manifest names (blobs, children) and, of this repository's revisions, those whose subject it is.
 * @param now milliseconds since the epoch
 */
export function liveIn(
  repository: RepositoryContent,
  manifests: Manifests,
  options: LivenessOptions,
  now: number,
): Liveness {
  const roots = rootsOf(repository, options, now);
  const edges = { referrers: referrersIn(repository, manifests), layers: repository.layers };
  const live = closure(roots, manifests, edges);
  const problems = [...repository.problems, ...problemsOf(repository, manifests, live)];
  if (problems.length === 0) return { live, problems };
  const everything = new Map([...roots, ...everythingIn(repository, roots)]);
  return { live: closure(everything, manifests, edges), problems };
}

/** Whether the lease of a link still holds; a time in the future (another machine's clock) holds too. */
export function isLeased(link: Link, options: Pick<LivenessOptions, 'minAge'>, now: number): boolean {
  return options.minAge > 0 && now - link.modified < options.minAge;
}

function rootsOf(repository: RepositoryContent, options: LivenessOptions, now: number): Map<string, Reason> {
  const roots = new Map<string, Reason>();
  for (const [digest, link] of repository.layers) {
    if (isLeased(link, options, now)) roots.set(digest, 'lease');
  }
  for (const [digest, link] of repository.revisions) {
    if (isLeased(link, options, now)) roots.set(digest, 'lease');
    else if (!options.deleteUntagged && !link.trashed) roots.set(digest, 'revision');
  }
  for (const { current } of repository.tags.values()) if (current) roots.set(current, 'tag');
  return roots;
}

function everythingIn(
  repository: RepositoryContent,
  roots: ReadonlyMap<string, Reason>,
): (readonly [string, Reason])[] {
  const digests = [...repository.revisions.keys(), ...repository.layers.keys()];
  return digests.filter((digest) => !roots.has(digest)).map((digest) => [digest, 'kept']);
}

/** Revisions by the digest of their subject (OCI image specification 1.1, "subject"). */
function referrersIn(repository: RepositoryContent, manifests: Manifests): Map<string, string[]> {
  const referrers = new Map<string, string[]>();
  for (const digest of repository.revisions.keys()) {
    const manifest = manifests.get(digest);
    if (manifest === undefined || manifest === 'damaged' || manifest.subject === undefined) continue;
    const known = referrers.get(manifest.subject);
    if (known) known.push(digest);
    else referrers.set(manifest.subject, [digest]);
  }
  return referrers;
}

function closure(
  roots: ReadonlyMap<string, Reason>,
  manifests: Manifests,
  {
    referrers,
    layers,
  }: { referrers: ReadonlyMap<string, readonly string[]>; layers: RepositoryContent['layers'] },
): Map<string, Reason> {
  const live = new Map(roots);
  const pending = [...roots.keys()];
  const reach = (digests: readonly string[], reason: Reason): void => {
    for (const digest of digests) {
      if (live.has(digest)) continue;
      live.set(digest, reason);
      pending.push(digest);
    }
  };
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    reach(referrers.get(digest) ?? [], 'referrer');
    const target = layers.get(digest)?.target;
    if (target !== undefined) reach([target], 'reference');
    const manifest = manifests.get(digest);
    if (manifest === undefined || manifest === 'damaged') continue;
    reach(manifest.blobs, 'reference');
    reach(manifest.manifests, 'reference');
  }
  return live;
}

/**
 * A manifest that is damaged leaves unknown what it referred to, and so does one that is missing though a tag or a live
 * revision names it. A child of an index that is no revision may be missing: indexes are copied without some platforms.
 */
function problemsOf(
  repository: RepositoryContent,
  manifests: Manifests,
  live: ReadonlyMap<string, Reason>,
): string[] {
  const problems: string[] = [];
  for (const digest of new Set([...repository.revisions.keys(), ...live.keys()])) {
    if (manifests.get(digest) === 'damaged') problems.push(`manifest ${digest} is damaged`);
  }
  const tagged = new Set<string>();
  for (const [tag, { current }] of repository.tags) {
    if (!current || manifests.has(current)) continue;
    tagged.add(current);
    problems.push(`tag ${tag} names manifest ${current}, which is missing`);
  }
  for (const digest of repository.revisions.keys()) {
    const missing = live.has(digest) && !manifests.has(digest);
    if (missing && !tagged.has(digest)) problems.push(`manifest ${digest} is missing`);
  }
  return problems;
}
