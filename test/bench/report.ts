import type { ServerKind } from '../support/server.ts';

/** One kind of work: the figures of each registry, a figure a round. */
export interface Work {
  readonly name: string;
  readonly unit: string;
  readonly figures: ReadonlyMap<ServerKind, readonly number[]>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Median over the rounds of the ratio ours/theirs within a round, so that a slow minute hits both. */
function ratio(work: Work, peer: ServerKind): number {
  const ours = work.figures.get('wharfinger') ?? [];
  const theirs = work.figures.get(peer) ?? [];
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** A Markdown table of medians and ratios. */
export function table(works: readonly Work[], peers: readonly ServerKind[]): string {
  const head = ['work', 'unit', 'Wharfinger', ...peers, ...peers.map((peer) => `ratio to ${peer}`)];
  const rows = works.map((work) => [
    work.name,
    work.unit,
    ...(['wharfinger', ...peers] as ServerKind[]).map((kind) => number(median(work.figures.get(kind) ?? []))),
    ...peers.map((peer) => `${ratio(work, peer).toFixed(2)} x`),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
