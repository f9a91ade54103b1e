import type { PlanDetails, PlanReport, RepositoryPlanReport } from '../config/plan-report.ts';

/** A report for people, a line each: repositories by name, then the blobs, then the sums. */
export function* planLines(report: PlanReport): Generator<string> {
  for (const repository of report.repositories) yield* repositoryLines(repository);
  if (report.repositoriesOmitted > 0) yield `repositories that are not told: ${report.repositoriesOmitted}`;
  for (const { digest, bytes } of report.blobs ?? []) yield `blob ${digest} goes: ${size(bytes)}`;
  for (const problem of report.problems) yield `problem: ${problem}`;
  const { totals } = report;
  yield `digests that stay: ${totals.live}`;
  yield `that go: tags ${totals.tags}, manifests ${totals.manifests}, layer links ${totals.layerLinks}, index entries ${totals.tagEntries}, uploads ${totals.uploads}, blobs ${totals.blobs}`;
  yield `repositories that leave the catalog: ${totals.repositoriesVanishing} of ${totals.repositories}`;
  yield `${size(totals.bytes)} become free, ${size(totals.orphanedBytes)} of them in blobs that no repository has`;
}

function* repositoryLines(repository: RepositoryPlanReport): Generator<string> {
  const { name, live, tags, bytes, details, vanishes } = repository;
  yield name;
  yield `  digests that stay: ${counted(live)}`;
  yield `  tags that stay: ${counted(tags)}`;
  if (details) yield* detailLines(details);
  if (vanishes) yield '  the repository leaves the catalog';
  const weights = [
    [bytes.exclusive, 'become free'],
    [bytes.shared, 'become free with what other repositories give up'],
    [bytes.staying, 'stay, because other repositories keep them'],
  ] as const;
  const said = weights.filter(([amount]) => amount > 0).map(([amount, what]) => `${size(amount)} ${what}`);
  if (said.length > 0) yield `  ${said.join('; ')}`;
}

function* detailLines(details: PlanDetails): Generator<string> {
  for (const { tag, digest, set, rule } of details.tags)
    yield `  tag ${tag} goes: retention[${rule}] does not keep it (set ${set}, ${digest})`;
  for (const { tag, digest } of details.tagEntries) yield `  index entry of tag ${tag} goes: ${digest}`;
  for (const digest of details.manifests) yield `  manifest goes: ${digest}`;
  for (const digest of details.layerLinks) yield `  layer link goes: ${digest}`;
  for (const id of details.uploads) yield `  upload goes: ${id}`;
}

function counted(counts: Partial<Record<string, number>>): string {
  const reasons = Object.entries(counts).map(([reason, count = 0]) => ({ reason, count }));
  const total = reasons.reduce((sum, { count }) => sum + count, 0);
  const said = reasons.map(({ reason, count }) => `${count} ${reason}`).join(', ');
  return total === 0 ? '0' : `${total} (${said})`;
}

const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

function size(bytes: number): string {
  let amount = bytes;
  let unit = 'bytes';
  for (const next of units) {
    if (amount < 1024) break;
    amount /= 1024;
    unit = next;
  }
  return `${unit === 'bytes' ? amount : amount.toFixed(1)} ${unit}`;
}
