import type { CollectionOptions } from '../config/maintenance.ts';
import type { Link, RepositoryContent, StoreContent } from './content.ts';
import { isLeased, liveIn, type Liveness } from './liveness.ts';
import { anyPattern } from './name-pattern.ts';
import { type DigestSet, gatherDigests, gatherPlans } from './plan-memory.ts';
import { attachmentOf, attachmentTo, createRetain, heldTags, type Retention } from './retention.ts';

/** Milliseconds after which an upload that was never finished is stale (distribution's default for purging). */
export const uploadAge = 7 * 24 * 3_600_000;

/** What a collection keeps and what goes. Lists are sorted; `deadBlobs` is in the order of the store. */
export interface CollectionPlan {
  readonly repositories: ReadonlyMap<string, RepositoryPlan>;
  /** Every digest that any repository keeps alive, whether its blob exists or not. */
  readonly liveBlobs: DigestSet;
  /** Blobs of the store that none keeps alive; found anew each time that they are asked for. */
  readonly deadBlobs: Iterable<string>;
  /** For people: what could not be told and was kept for that reason. */
  readonly problems: readonly string[];
}

export interface RepositoryPlan extends Liveness {
  /** What the rule for its tags says; undefined when all tags stay. */
  readonly retention: Retention | undefined;
  readonly removedTags: readonly RemovedTag[];
  /** Entries in the indexes of tags that stay. */
  readonly deadTagEntries: readonly { readonly tag: string; readonly digest: string }[];
  readonly deadRevisions: readonly string[];
  readonly deadLayers: readonly string[];
  /** Links in `_layers` that are alive, that nobody was promised, and whose blob is missing. */
  readonly danglingLayers: readonly string[];
  /** Links in `_layers` without a blob that a lease or the journal promises to somebody, who may be about to bring it. */
  readonly promised: ReadonlySet<string>;
  readonly staleUploads: readonly string[];
  /** Tags without a current link, which nothing names any more. */
  readonly lostTags: readonly string[];
  /** True when nothing is left of it and it leaves the catalog. */
  readonly vanishes: boolean;
}

/** A tag that its repository's rule takes away. */
export interface RemovedTag {
  readonly tag: string;
  /** What it names. */
  readonly digest: string;
  /** When it was set, in milliseconds since the epoch. */
  readonly modified: number;
  /** Position of the rule among the options. */
  readonly rule: number;
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
  const plans = gatherPlans(content.memory);
  const liveBlobs = gatherDigests(content.memory);
  const problems = [...content.unknown];
  const retain = createRetain(options.retention, now, content.lastPull);
  const isCollected = options.repositories.length === 0 ? () => true : anyPattern(options.repositories);
  for (const [name, repository] of content.repositories) {
    const spared = !isCollected(name);
    const retention = spared ? undefined : retain(name, repository);
    const liveness = liveIn({ repository, manifests: content.manifests, options, retention, spared, now });
    const plan = planRepository({ repository, content, liveness, retention, options, now });
    plans.set(name, plan);
    for (const digest of plan.live.keys()) liveBlobs.add(digest);
    problems.push(...plan.problems.map((problem) => `${name}: ${problem}; it keeps all that it has`));
  }
  const dead = { [Symbol.iterator]: () => deadBlobs(content, liveBlobs) };
  return { repositories: plans.map, liveBlobs, deadBlobs: dead, problems };
}

/**
 * The plan of a second mark, which only brings back. It untags nothing: a tag that is there by then is alive, also one that a rule would
 * take away now. A revision that is still in the store, or there again, is visible, so what it refers to stays as well.
 */
export function planConfirmation(
  content: StoreContent,
  options: CollectionOptions,
  now: number,
): CollectionPlan {
  return planCollection(content, { ...options, retention: [], deleteUntagged: false }, now);
}

/** What becomes of a link in `_layers`. Its blob is not known to be missing while something is unknown. */
export function judgeLayer(
  digest: string,
  repository: Pick<RepositoryContent, 'layers'>,
  { live, keepsAll, promised }: Pick<RepositoryPlan, 'live' | 'keepsAll' | 'promised'>,
  { blobs, unknown }: Pick<StoreContent, 'blobs' | 'unknown'>,
): 'alive' | 'dangling' | 'dead' {
  const target = repository.layers.get(digest)?.target ?? digest;
  if (!live.has(digest) && !live.has(target)) return 'dead';
  const stays = keepsAll || unknown.length > 0 || blobs.has(target) || promised.has(digest);
  return stays ? 'alive' : 'dangling';
}

interface PlanInput {
  readonly repository: RepositoryContent;
  readonly content: StoreContent;
  readonly liveness: Liveness;
  readonly retention: Retention | undefined;
  readonly options: CollectionOptions;
  readonly now: number;
}

function planRepository(input: PlanInput): RepositoryPlan {
  const { repository, content, liveness, options, now } = input;
  const { live, keepsAll } = liveness;
  const retention = keepsAll ? undefined : input.retention;
  const promised = promisedIn(input);
  const layers = inStore(repository.layers);
  const layersJudged = (judgement: string): string[] =>
    layers.filter(
      (digest) => judgeLayer(digest, repository, { ...liveness, promised }, content) === judgement,
    );
  const removedTags = retention ? tagsWithout(repository, retention, live) : [];
  const dead = {
    removedTags,
    deadTagEntries: keepsAll ? [] : deadTagEntries(repository, live, removedTags),
    deadRevisions: inStore(repository.revisions).filter((digest) => !live.has(digest)),
    deadLayers: layersJudged('dead'),
    danglingLayers: layersJudged('dangling'),
    staleUploads: keepsAll ? [] : staleUploads(repository, now),
    lostTags: keepsAll ? [] : namesWithout(repository),
  };
  return {
    ...liveness,
    ...dead,
    retention,
    promised,
    vanishes: options.removeEmptyRepositories && !keepsAll && isEmptied(repository, dead),
  };
}

function isEmptied(
  repository: RepositoryContent,
  dead: Pick<
    RepositoryPlan,
    'deadRevisions' | 'deadLayers' | 'danglingLayers' | 'staleUploads' | 'lostTags' | 'removedTags'
  >,
): boolean {
  return (
    repository.inStore &&
    (repository.written?.size ?? 0) === 0 &&
    heldTags(repository.tags).length === dead.removedTags.length &&
    inStore(repository.revisions).length === dead.deadRevisions.length &&
    inStore(repository.layers).length === dead.deadLayers.length + dead.danglingLayers.length &&
    repository.uploads.size === dead.staleUploads.length
  );
}

function promisedIn({ repository, content, options, now }: PlanInput): Set<string> {
  const { layers, revisions, written } = repository;
  const isLeasedLink = (link?: Link): boolean => link !== undefined && isLeased(link, options, now);
  const isPromised = (digest: string): boolean =>
    written?.has(digest) === true || isLeasedLink(layers.get(digest)) || isLeasedLink(revisions.get(digest));
  const promised = new Set<string>();
  for (const [digest, { target = digest }] of layers) {
    if (!content.blobs.has(target) && (isPromised(digest) || isPromised(target))) promised.add(digest);
  }
  return promised;
}

function inStore(links: RepositoryContent['layers']): string[] {
  return [...links]
    .filter(([, link]) => !link.trashed)
    .map(([digest]) => digest)
    .sort();
}

/** The tags that no criterion of the rule keeps, and that are attached to nothing that is alive. */
function tagsWithout(
  { tags }: RepositoryContent,
  { rule, stays }: Retention,
  live: Liveness['live'],
): RemovedTag[] {
  const alive = new Set([...live.keys()].map(attachmentTo));
  return heldTags(tags)
    .filter(([tag]) => !stays.has(tag) && !alive.has(attachmentOf(tag) ?? ''))
    .map(([tag, { current, modified }]) => ({ tag, digest: current, modified, rule }))
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
}

/** A tag that goes takes its index with it. */
function deadTagEntries(
  { tags }: RepositoryContent,
  live: Liveness['live'],
  removed: readonly RemovedTag[],
): { tag: string; digest: string }[] {
  const gone = new Set(removed.map(({ tag }) => tag));
  return [...tags].flatMap(([tag, { history }]) =>
    gone.has(tag) ? [] : history.filter((digest) => !live.has(digest)).map((digest) => ({ tag, digest })),
  );
}

function staleUploads(repository: RepositoryContent, now: number): string[] {
  return [...repository.uploads].filter(([, started]) => now - started > uploadAge).map(([id]) => id);
}

function namesWithout({ tags }: RepositoryContent): string[] {
  return [...tags].filter(([, tag]) => tag.current === undefined).map(([name]) => name);
}

function* deadBlobs(content: StoreContent, live: DigestSet): Generator<string, undefined> {
  if (content.unknown.length > 0) return;
  for (const [digest, place] of content.blobs) if (place === 'store' && !live.has(digest)) yield digest;
}
