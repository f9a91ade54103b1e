import type { CollectionCounts } from '@wharfinger/registry/config';
import type { GarbageCollectionPhase } from '../api/garbage-collection-status.ts';
import type { Run, RunStatus } from './run.ts';
import { formatBytes } from './space.ts';

/** The one sentence of `status.message`. */
export function summaryOf(run: Run, status: RunStatus): string {
  return sentences[status.phase](status, run);
}

type Sentence = (status: RunStatus, run: Run) => string;

const sentences: Readonly<Record<GarbageCollectionPhase, Sentence>> = {
  Queued: () => 'Waits for its turn.',
  EnteringReadOnly: ({ attempt }) =>
    `Pausing pushes on every replica (attempt ${attempt ?? 1}); pulls go on.`,
  Sweeping: ({ collectorPod }) => `Marking and sweeping on ${collectorPod ?? ''}; pulls go on, pushes wait.`,
  Restarting: () => 'Replacing the serving processes of every replica; pulls go on, pushes wait.',
  RestoringWrites: () => 'Giving writes back.',
  Confirming: confirming,
  Succeeded: (status, run) => (run.options.dryRun ? eligible(status.counts) : freed(status)),
  Failed: ({ failure }) => failure?.message ?? 'The run failed.',
};

function confirming(status: RunStatus): string {
  const where =
    status.confirmingPod === undefined
      ? 'Waits for a ready pod to check'
      : `Checking on ${status.confirmingPod}`;
  return `${where} once more that nothing swept is in use; pushes and pulls go on.`;
}

function freed(status: RunStatus): string {
  const { counts } = status;
  const restored = counts?.restored ? `, ${counts.restored} still in use put back` : '';
  const pause =
    status.windowSeconds === undefined ? '' : `; pushes paused for ${status.windowSeconds.toFixed(1)} s`;
  return `Freed ${formatBytes(counts?.bytesFreed ?? 0)}: ${deleted(counts)} deleted${restored}${pause}.`;
}

function eligible(counts: CollectionCounts | undefined): string {
  return `Dry run: ${deleted(counts)} (${formatBytes(counts?.bytesDeleted ?? 0)}) would be deleted.`;
}

function deleted(counts: CollectionCounts | undefined): string {
  return `${amount(counts?.blobsDeleted ?? 0, 'blob')} and ${amount(counts?.manifestsDeleted ?? 0, 'manifest')}`;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
