import type { CollectionOptions } from '../config/maintenance.ts';
import type { Link, References, RepositoryContent, StoreContent } from './content.ts';
import { attachmentOf, attachmentTo, heldTags, type Retention } from './retention.ts';

/** Why a digest is alive in a repository; `kept`: because the repository keeps all that it has. */
export type Reason = 'tag' | 'revision' | 'lease' | 'written' | 'kept' | 'reference' | 'referrer';

export interface Liveness {
  /** Digests of manifests and blobs that the repository keeps alive. */
  readonly live: ReadonlyMap<string, Reason>;
  /** True when all that the repository has is alive: it is not to be collected, or there are problems. */
  readonly keepsAll: boolean;
  /** What could not be told, a sentence each. */
  readonly problems: readonly string[];
}

/** The options that decide what is alive; minAge in milliseconds. */
export type LivenessOptions = Pick<CollectionOptions, 'deleteUntagged' | 'minAge'>;

type Manifests = StoreContent['manifests'];

export interface LivenessInput {
  readonly repository: RepositoryContent;
  readonly manifests: Manifests;
  readonly options: LivenessOptions;
  /** Undefined: all tags stay. */
  readonly retention: Retention | undefined;
  /** True: the repository is not to be collected. */
  readonly spared: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Roots and their closure in one repository. Roots are the tags that stay, leases, what was written since the mark began and, without
 * deleteUntagged, every revision. A live digest keeps what its manifest names (blobs, children), of this repository's
 * revisions those whose subject it is, and what the tags that are attached to it name.
 */
export function liveIn(input: LivenessInput): Liveness {
  const { repository, manifests, retention, spared } = input;
  const edges = {
    manifests,
    layers: repository.layers,
    referrers: referrersIn(repository, manifests),
    attached: retention && attachedIn(repository, retention),
  };
  const roots = rootsOf(input);
  const live = closure(roots, edges);
  const problems = [...repository.problems, ...problemsOf(repository, manifests, live)];
  if (!spared && problems.length === 0) return { live, keepsAll: false, problems };
  const everything = rootsOf({ ...input, retention: undefined });
  for (const digest of digestsIn(repository)) if (!everything.has(digest)) everything.set(digest, 'kept');
  return { live: closure(everything, edges), keepsAll: true, problems };
}

/** Whether the lease of a link still holds; a time in the future (another machine's clock) holds too. */
export function isLeased(link: Link, options: Pick<LivenessOptions, 'minAge'>, now: number): boolean {
  return options.minAge > 0 && now - link.modified < options.minAge;
}

/** The last reason that a digest is given is the one that people want to read. */
function rootsOf({ repository, options, retention, now }: LivenessInput): Map<string, Reason> {
  const roots = new Map<string, Reason>();
  for (const digest of repository.written ?? []) roots.set(digest, 'written');
  for (const [digest, link] of repository.layers) {
    if (isLeased(link, options, now)) roots.set(digest, 'lease');
  }
  for (const [digest, link] of repository.revisions) {
    if (isLeased(link, options, now)) roots.set(digest, 'lease');
    else if (!options.deleteUntagged && !link.trashed) roots.set(digest, 'revision');
  }
  for (const [tag, { current }] of heldTags(repository.tags)) {
    if (!retention || retention.stays.has(tag)) roots.set(current, 'tag');
  }
  return roots;
}

/** What a repository has, in the store and in the trash. */
function* digestsIn({ revisions, layers, tags }: RepositoryContent): Generator<string> {
  yield* revisions.keys();
  yield* layers.keys();
  for (const { current } of tags.values()) if (current !== undefined) yield current;
}

/** Revisions by the digest of their subject (OCI image specification 1.1, "subject"). */
function referrersIn(repository: RepositoryContent, manifests: Manifests): Map<string, string[]> {
  const referrers = new Map<string, string[]>();
  for (const digest of repository.revisions.keys()) {
    const subject = readable(manifests.get(digest))?.subject;
    if (subject !== undefined) add(referrers, subject, digest);
  }
  return referrers;
}

/** What the tags name that a rule lets go unless they are attached to something alive, by what they are attached to. */
function attachedIn({ tags }: RepositoryContent, { stays }: Retention): Map<string, string[]> {
  const attached = new Map<string, string[]>();
  for (const [tag, { current }] of heldTags(tags)) {
    const subject = stays.has(tag) ? undefined : attachmentOf(tag);
    if (subject !== undefined) add(attached, subject, current);
  }
  return attached;
}

interface Edges {
  readonly manifests: Manifests;
  readonly layers: RepositoryContent['layers'];
  readonly referrers: ReadonlyMap<string, readonly string[]>;
  readonly attached: ReadonlyMap<string, readonly string[]> | undefined;
}

function closure(
  roots: ReadonlyMap<string, Reason>,
  { manifests, layers, referrers, attached }: Edges,
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
    reach(attached?.get(attachmentTo(digest)) ?? [], 'referrer');
    const target = layers.get(digest)?.target;
    if (target !== undefined) reach([target], 'reference');
    const manifest = readable(manifests.get(digest));
    if (!manifest) continue;
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
  const tags = heldTags(repository.tags);
  const tagged = new Set(tags.map(([, { current }]) => current));
  for (const digest of new Set([...repository.revisions.keys(), ...tagged, ...live.keys()])) {
    if (manifests.get(digest) === 'damaged') problems.push(`manifest ${digest} is damaged`);
  }
  for (const [tag, { current }] of tags) {
    if (!manifests.has(current)) problems.push(`tag ${tag} names manifest ${current}, which is missing`);
  }
  for (const digest of repository.revisions.keys()) {
    const missing = live.has(digest) && !manifests.has(digest);
    if (missing && !tagged.has(digest)) problems.push(`manifest ${digest} is missing`);
  }
  return problems;
}

function readable(manifest: References | 'damaged' | undefined): References | undefined {
  return manifest === 'damaged' ? undefined : manifest;
}

function add(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
