import type { Run, RunStatus } from '../run.ts';
import { formatBytes } from '../../bytes.ts';
import { summaryOf } from '../summary.ts';
import { type Failure, type RunEvent, type Transition, closed, isoTime } from '../transition.ts';

/** Ends a run: Succeeded unless it carries a failure. */
export function finish(run: Run, now: number): Transition {
  const phase = run.status.failure === undefined ? 'Succeeded' : 'Failed';
  const status: RunStatus = {
    ...run.status,
    phase,
    steps: closed(run.status.steps ?? [], now),
    completionTime: isoTime(now),
    freed: formatBytes(run.status.counts?.bytesFreed ?? 0),
    ...(run.status.counts?.bytesPending ? { pending: formatBytes(run.status.counts.bytesPending) } : {}),
  };
  return { status, events: [outcome(run, status)], requeueAfterMs: null };
}

/** Ends a run that can be led no further, such as one whose Registry is gone. */
export function abandon(run: Run, now: number, failure: Failure): Transition {
  return finish({ ...run, status: { ...run.status, failure: run.status.failure ?? failure } }, now);
}

function outcome(run: Run, status: RunStatus): RunEvent {
  const message = summaryOf(run, status);
  return status.phase === 'Succeeded'
    ? { type: 'Normal', reason: 'Succeeded', message }
    : { type: 'Warning', reason: 'Failed', message };
}
