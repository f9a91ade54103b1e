import type { CollectionOptions } from '../config/maintenance.ts';
import type { RepositoryContent, StoreContent } from './content.ts';
import { liveIn, type Liveness } from './liveness.ts';

/** Milliseconds after which an upload that was never finished is stale (distribution's default for purging). */
export const uploadAge = 7 * 24 * 3_600_000;

/** What a collection keeps and what goes. Lists are sorted. */
export interface CollectionPlan {
  readonly repositories: ReadonlyMap<string, RepositoryPlan>;
  /** Every digest that any repository keeps alive, whether its blob exists or not. */
  readonly liveBlobs: ReadonlySet<string>;
  /** Blobs of the store that none keeps alive. */
  readonly deadBlobs: readonly string[];
  /** For people: what could not be told and was kept for that reason. */
  readonly problems: readonly string[];
}

export interface RepositoryPlan extends Liveness {
  readonly deadTagEntries: readonly { readonly tag: string; readonly digest: string }[];
  readonly deadRevisions: readonly string[];
  readonly deadLayers: readonly string[];
  /** Links in `_layers` that are alive, without a lease, and whose blob is missing. */
  readonly danglingLayers: readonly string[];
  readonly staleUploads: readonly string[];
  /** Tags without a current link, which nothing names any more. */
  readonly lostTags: readonly string[];
  /** True when nothing is left of it and it leaves the catalog. */
  readonly vanishes: boolean;
}

/**
 * Decides, from the content of a store alone, what is alive and what goes.
 * @param now milliseconds since the epoch
 */
export function planCollection(
  content: StoreContent,
  options: CollectionOptions,
  now: number,
): CollectionPlan {
  const repositories = new Map<string, RepositoryPlan>();
  const liveBlobs = new Set<string>();
  const problems = [...content.unknown];
  for (const [name, repository] of content.repositories) {
    const plan = planRepository(repository, content, options, now);
    repositories.set(name, plan);
    for (const digest of plan.live.keys()) liveBlobs.add(digest);
    problems.push(...plan.problems.map((problem) => `${name}: ${problem}; it keeps all that it has`));
  }
  return { repositories, liveBlobs, deadBlobs: deadBlobs(content, liveBlobs), problems };
}

/** What becomes of a link in `_layers`; a lease keeps it also without its blob, which a push may be about to bring. */
export function judgeLayer(
  digest: string,
  repository: RepositoryContent,
  liveness: Liveness,
  content: StoreContent,
): 'alive' | 'dangling' | 'dead' {
  const target = repository.layers.get(digest)?.target ?? digest;
  const reason = liveness.live.get(digest) ?? liveness.live.get(target);
  if (reason === undefined) return 'dead';
  const stays = reason === 'lease' || liveness.problems.length > 0 || content.blobs.has(target);
  return stays ? 'alive' : 'dangling';
}

function planRepository(
  repository: RepositoryContent,
  content: StoreContent,
  options: CollectionOptions,
  now: number,
): RepositoryPlan {
  const liveness = liveIn(repository, content.manifests, options, now);
  const keepsAll = liveness.problems.length > 0;
  const layers = inStore(repository.layers);
  const layersJudged = (judgement: string): string[] =>
    layers.filter((digest) => judgeLayer(digest, repository, liveness, content) === judgement);
  const dead = {
    deadTagEntries: keepsAll ? [] : deadTagEntries(repository, liveness),
    deadRevisions: inStore(repository.revisions).filter((digest) => !liveness.live.has(digest)),
    deadLayers: layersJudged('dead'),
    danglingLayers: layersJudged('dangling'),
    staleUploads: keepsAll ? [] : staleUploads(repository, now),
    lostTags: keepsAll ? [] : namesWithout(repository),
  };
  return {
    ...liveness,
    ...dead,
    vanishes: options.removeEmptyRepositories && !keepsAll && isEmptied(repository, dead),
  };
}

function isEmptied(
  repository: RepositoryContent,
  dead: Pick<RepositoryPlan, 'deadRevisions' | 'deadLayers' | 'danglingLayers' | 'staleUploads' | 'lostTags'>,
): boolean {
  return (
    repository.inStore &&
    repository.tags.size === dead.lostTags.length &&
    inStore(repository.revisions).length === dead.deadRevisions.length &&
    inStore(repository.layers).length === dead.deadLayers.length + dead.danglingLayers.length &&
    repository.uploads.size === dead.staleUploads.length
  );
}

function inStore(links: RepositoryContent['layers']): string[] {
  return [...links]
    .filter(([, link]) => !link.trashed)
    .map(([digest]) => digest)
    .sort();
}

function deadTagEntries(
  repository: RepositoryContent,
  { live }: Liveness,
): { tag: string; digest: string }[] {
  return [...repository.tags].flatMap(([tag, { history }]) =>
    history.filter((digest) => !live.has(digest)).map((digest) => ({ tag, digest })),
  );
}

function staleUploads(repository: RepositoryContent, now: number): string[] {
  return [...repository.uploads].filter(([, started]) => now - started > uploadAge).map(([id]) => id);
}

function namesWithout(repository: RepositoryContent): string[] {
  return [...repository.tags].filter(([, tag]) => tag.current === undefined).map(([name]) => name);
}

function deadBlobs(content: StoreContent, live: ReadonlySet<string>): string[] {
  if (content.unknown.length > 0) return [];
  return [...content.blobs]
    .filter(([digest, place]) => place === 'store' && !live.has(digest))
    .map(([digest]) => digest)
    .sort();
}
