import type { CollectionCounts } from '@wharfinger/registry/config';
import type { GarbageCollectionPhase } from '../api/garbage-collection-status.ts';
import type { Run, RunStatus } from './run.ts';
import { formatBytes } from '../bytes.ts';

/** The one sentence of `status.message`. */
export function summaryOf(run: Run, status: RunStatus): string {
  return sentences[status.phase](status, run);
}

type Sentence = (status: RunStatus, run: Run) => string;

const sentences: Readonly<Record<GarbageCollectionPhase, Sentence>> = {
  Queued: () => 'Waits for its turn.',
  Marking: marking,
  EnteringReadOnly: ({ attempt }) => `Pausing pushes on every replica (window ${attempt ?? 1}); pulls go on.`,
  Sweeping: ({ collectorPod }) => `Sweeping on ${collectorPod ?? ''}; pulls go on, pushes wait.`,
  Restarting: () => 'Replacing the serving processes of every replica; pulls go on, pushes wait.',
  RestoringWrites: () => 'Giving writes back.',
  RollingOut: () => 'Replacing the pods one after the other; pushes and pulls go on.',
  Confirming: confirming,
  Restoring: ({ collectorPod }, { restoreFrom }) =>
    `Restoring on ${collectorPod ?? ''} what ${restoreFrom} deleted; pushes and pulls go on.`,
  Succeeded: succeeded,
  Failed: ({ failure }) => failure?.message ?? endedBefore,
};

const endedBefore = 'Ended before this object was restored from a copy; it does not run again.';

function marking({ collectorPod, windows, markedTime, remaining }: RunStatus): string {
  if (markedTime === undefined) {
    return collectorPod === undefined
      ? 'Waits for a ready pod to mark on.'
      : `Marking on ${collectorPod}; pushes and pulls go on.`;
  }
  const next = windows ? 'the next window' : 'a window';
  return `Waits for ${next} to sweep ${remaining ?? 0} links, blobs, uploads and tags; pushes and pulls go on.`;
}

function confirming(status: RunStatus): string {
  const where =
    status.confirmingPod === undefined
      ? 'Waits for a ready pod to check'
      : `Checking on ${status.confirmingPod}`;
  return `${where} once more that nothing swept is in use; pushes and pulls go on.`;
}

function succeeded(status: RunStatus, run: Run): string {
  const { counts } = status;
  if (counts === undefined) return endedBefore;
  if (run.restoreFrom !== undefined) {
    return `Restored ${amount(counts.restored, 'blob or manifest', 'blobs and manifests')} that ${run.restoreFrom} had deleted.`;
  }
  if (run.options.dryRun) return eligible(status);
  const restored = counts.restored ? `, ${counts.restored} still in use put back` : '';
  return `${space(counts, run)}: ${deleted(counts)} deleted${restored}${pause(status)}.`;
}

function space(counts: CollectionCounts | undefined, run: Run): string {
  const freed = `Freed ${formatBytes(counts?.bytesFreed ?? 0)}`;
  if (!counts?.bytesPending) return freed;
  const pending = `${formatBytes(counts.bytesPending)} to be freed in ${span(run.options.undoFor)}`;
  return counts.bytesFreed === 0 ? pending : `${freed}, ${pending}`;
}

function pause({ windows = 0, windowSeconds = 0 }: RunStatus): string {
  if (windows === 0) return '';
  const times = windows === 1 ? '' : ` ${windows} times`;
  const most = windows === 1 ? '' : ' at most';
  return `; pushes paused${times} for ${windowSeconds.toFixed(2)} s${most}`;
}

function eligible({ counts, planRef }: RunStatus): string {
  const plan = planRef === undefined ? '' : `; the plan is in ConfigMap ${planRef.name}`;
  return `Dry run: ${deleted(counts)} (${formatBytes(counts?.bytesDeleted ?? 0)}) would be deleted${plan}.`;
}

function deleted(counts: CollectionCounts | undefined): string {
  const images = `${amount(counts?.blobsDeleted ?? 0, 'blob')} and ${amount(counts?.manifestsDeleted ?? 0, 'manifest')}`;
  return counts?.tagsRemoved ? `${amount(counts.tagsRemoved, 'tag')}, ${images}` : images;
}

function amount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** `1h30m`, `45s`. */
function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}
