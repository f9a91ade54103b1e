import type { CollectionOptions } from '../config/maintenance.ts';
import type { PlanCounts, PlanDetails, PlanReport, RepositoryPlanReport } from '../config/plan-report.ts';
import type { RepositoryContent } from './content.ts';
import type { Doomed } from './doomed-list.ts';
import type { Mark } from './mark.ts';
import type { RepositoryPlan } from './plan.ts';
import { heldTags } from './retention.ts';

export interface PlanReportInput {
  readonly mark: Pick<Mark, 'content' | 'plan'> & { readonly doomed: Iterable<Doomed> };
  readonly options: CollectionOptions;
  /** Milliseconds since the epoch at which the store was read. */
  readonly now: number;
  /** Bytes of the blobs that repositories give up and that stay (`stayingDigests`). */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Tells what a mark found: what stays is counted by its reason, what goes is told one by one. */
export function createPlanReport({ mark, options, now, sizes }: PlanReportInput): PlanReport {
  const { content, plan } = mark;
  const doomed = [...mark.doomed];
  const blobs = doomed.filter(({ kind }) => kind === 'blob');
  const accounts = createAccounts({ content, doomed }, sizes);
  const byRepository = Map.groupBy(doomed, ({ repository }) => repository ?? '');
  const repositories: RepositoryPlanReport[] = [];
  for (const [name, repository] of content.repositories) {
    const judged = plan.repositories.get(name);
    if (!judged || !repository.inStore) continue;
    const details = detailsOf(byRepository.get(name) ?? [], judged);
    repositories.push({
      name,
      live: countBy([...judged.live.values()]),
      tags: countBy(keptTags(repository, judged)),
      goes: countsOf(details),
      bytes: accounts.of(name),
      vanishes: judged.vanishes,
      problems: [...judged.problems],
      details,
    });
  }
  return {
    time: new Date(now).toISOString(),
    options,
    totals: {
      ...sum(repositories.map(({ goes }) => goes)),
      repositories: repositories.length,
      repositoriesVanishing: repositories.filter(({ vanishes }) => vanishes).length,
      live: plan.liveBlobs.size,
      blobs: blobs.length,
      bytes: blobs.reduce((total, { bytes }) => total + bytes, 0),
      orphanedBytes: accounts.orphanedBytes,
    },
    repositories,
    repositoriesOmitted: 0,
    blobs: blobs.map(({ digest, bytes }) => ({ digest, bytes })),
    problems: [...plan.problems],
  };
}

/**
 * What of a report has room in a status: no details, only the repositories that matter most (those with problems, then those that free
 * most), and no more than so many problems.
 */
export function shortenPlanReport(
  report: PlanReport,
  limits: { repositories: number; problems: number },
): PlanReport {
  const ranked = report.repositories
    .filter(matters)
    .sort((a, b) => b.problems.length - a.problems.length || freed(b) - freed(a))
    .slice(0, limits.repositories)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...report,
    blobs: undefined,
    repositories: ranked.map((each) => ({
      ...each,
      problems: each.problems.slice(0, 1),
      details: undefined,
    })),
    repositoriesOmitted: report.repositories.length - ranked.length,
    problems: report.problems.slice(0, limits.problems),
  };
}

/** Something of it goes, or it has problems. */
function matters({ goes, vanishes, problems }: RepositoryPlanReport): boolean {
  return vanishes || problems.length > 0 || Object.values(goes).some((count) => count > 0);
}

/** Digests that some repository gives up although their blobs stay, so that their sizes were not looked at yet. */
export function stayingDigests({ content, plan, doomed }: PlanReportInput['mark']): Set<string> {
  const gone = new Set<string>();
  for (const { kind, digest } of doomed) if (kind === 'blob') gone.add(digest);
  const staying = new Set<string>();
  for (const { repository, digest } of given(doomed)) {
    const target = targetOf(content.repositories.get(repository), digest);
    if (!gone.has(target) && (plan.liveBlobs.has(target) || content.blobs.has(target))) staying.add(target);
  }
  return staying;
}

function freed({ bytes }: RepositoryPlanReport): number {
  return bytes.exclusive + bytes.shared;
}

interface Accounts {
  of(repository: string): RepositoryPlanReport['bytes'];
  readonly orphanedBytes: number;
}

/** Says for each repository what its links and revisions that go weigh, a digest once. */
function createAccounts(
  { content, doomed }: Pick<Mark, 'content'> & { readonly doomed: readonly Doomed[] },
  sizes: ReadonlyMap<string, number>,
): Accounts {
  const gone = new Map(
    doomed.filter(({ kind }) => kind === 'blob').map(({ digest, bytes }) => [digest, bytes]),
  );
  const held = new Map<string, Set<string>>();
  for (const { repository, digest } of given(doomed)) {
    const target = targetOf(content.repositories.get(repository), digest);
    const holders = held.get(target) ?? new Set();
    held.set(target, holders.add(repository));
  }
  const accounts = new Map<string, { exclusive: number; shared: number; staying: number }>();
  for (const [digest, holders] of held) {
    const bytes = gone.get(digest);
    for (const repository of holders) {
      const account = accounts.get(repository) ?? { exclusive: 0, shared: 0, staying: 0 };
      accounts.set(repository, account);
      if (bytes === undefined) account.staying += sizes.get(digest) ?? 0;
      else if (holders.size === 1) account.exclusive += bytes;
      else account.shared += bytes;
    }
  }
  const orphans = [...gone].filter(([digest]) => !held.has(digest));
  return {
    of: (repository) => accounts.get(repository) ?? { exclusive: 0, shared: 0, staying: 0 },
    orphanedBytes: orphans.reduce((total, [, bytes]) => total + bytes, 0),
  };
}

/** What repositories give up that has, or had, a blob. */
function* given(doomed: Iterable<Doomed>): Generator<{ repository: string; digest: string }> {
  for (const { kind, repository, digest } of doomed) {
    if ((kind === 'revision' || kind === 'layer') && repository !== undefined) yield { repository, digest };
  }
}

function targetOf(repository: RepositoryContent | undefined, digest: string): string {
  return repository?.layers.get(digest)?.target ?? digest;
}

function detailsOf(doomed: readonly Doomed[], { removedTags }: RepositoryPlan): PlanDetails {
  const digests = (kind: Doomed['kind']): string[] =>
    doomed.flatMap((each) => (each.kind === kind ? [each.digest] : [])).sort();
  const leaving = new Set(
    doomed.flatMap(({ kind, tag }) => (kind === 'tag' && tag !== undefined ? [tag] : [])),
  );
  return {
    tags: removedTags
      .filter(({ tag }) => leaving.has(tag))
      .map(({ tag, digest, modified, rule }) => ({
        tag,
        digest,
        set: new Date(modified).toISOString(),
        rule,
      })),
    tagEntries: doomed.flatMap(({ kind, tag, digest }) =>
      kind === 'tagEntry' && tag !== undefined ? [{ tag, digest }] : [],
    ),
    manifests: digests('revision'),
    layerLinks: digests('layer'),
    uploads: digests('upload'),
  };
}

function countsOf(details: PlanDetails): PlanCounts {
  return {
    tags: details.tags.length,
    tagEntries: details.tagEntries.length,
    manifests: details.manifests.length,
    layerLinks: details.layerLinks.length,
    uploads: details.uploads.length,
  };
}

function sum(counts: readonly PlanCounts[]): PlanCounts {
  const total = { tags: 0, tagEntries: 0, manifests: 0, layerLinks: 0, uploads: 0 };
  for (const each of counts) {
    total.tags += each.tags;
    total.tagEntries += each.tagEntries;
    total.manifests += each.manifests;
    total.layerLinks += each.layerLinks;
    total.uploads += each.uploads;
  }
  return total;
}

type TagReason = keyof RepositoryPlanReport['tags'];

/** The reason of each tag that stays. */
function keptTags(
  { tags }: RepositoryContent,
  { keepsAll, retention, removedTags }: RepositoryPlan,
): TagReason[] {
  const removed = new Set(removedTags.map(({ tag }) => tag));
  return heldTags(tags).flatMap(([tag]): TagReason[] => {
    if (keepsAll) return ['kept'];
    if (!retention) return ['unruled'];
    return removed.has(tag) ? [] : [retention.stays.get(tag) ?? 'attached'];
  });
}

function countBy<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
