import { maxFailedAttempts } from '../bounds.ts';
import type { Run, RunStatus } from '../run.ts';
import { type Failure, type Transition, enter } from '../transition.ts';
import { finish } from './outcome.ts';

/** What another attempt may overcome: a replica was late, started anew, or its collector died. */
const passing: ReadonlySet<string> = new Set([
  'ReplicaNotPaused',
  'ReplicaRestarted',
  'CollectionFailed',
  'MarkLost',
]);

/** Whether a run with this failure is tried once more. */
export function mayRetry(run: Run, failure: Failure, now: number): boolean {
  if (!passing.has(failure.reason) || !hasAttemptsLeft(run)) return false;
  return now - Date.parse(run.status.activeTime ?? '') < run.timeoutMs;
}

export function hasAttemptsLeft({ deleting, status }: Run): boolean {
  return !deleting && (status.failedAttempts ?? 0) + 1 < maxFailedAttempts;
}

/**
 * Begins another attempt with a new mark: at once when the trash holds something of this run, which nobody else would check, else
 * from the queue, where another run may go first.
 */
export function retry(run: Run, now: number): Transition {
  const failedAttempts = (run.status.failedAttempts ?? 0) + 1;
  if (run.status.touched !== true) return enter(run, 'Queued', now, { failedAttempts });
  return withoutMark(run, now, failedAttempts);
}

/** Marking with a new mark, on another pod if need be: what was swept with the lost one stays counted. */
export function withoutMark(run: Run, now: number, failedAttempts: number): Transition {
  const { counts: earlierCounts } = run.status;
  return markAnew(run, now, {
    failedAttempts,
    collectorPod: undefined,
    collectorBoot: undefined,
    earlierCounts,
  });
}

/** Marking for the next window. */
export function markAnew(run: Run, now: number, changes: Partial<RunStatus>): Transition {
  return enter(run, 'Marking', now, {
    attempt: (run.status.attempt ?? 0) + 1,
    failure: undefined,
    markedTime: undefined,
    windowDeadline: undefined,
    pods: undefined,
    restartNonce: undefined,
    solo: undefined,
    ...changes,
  });
}

/** Ends a run whose windows are over: what any of them swept is checked before, also when the run failed. */
export function settle(run: Run, now: number): Transition {
  const { touched, failure } = run.status;
  if (run.options.dryRun || (failure !== undefined && touched !== true)) return finish(run, now);
  const rollsOut = run.rollout && touched === true && !run.deleting;
  return rollsOut ? enter(run, 'RollingOut', now, {}) : confirm(run, now);
}

/** Begins the second mark. What an earlier collector said of an attempt that failed must not be taken for its answer: it gets another number. */
export function confirm(run: Run, now: number): Transition {
  const { failure, attempt = 0 } = run.status;
  return enter(run, 'Confirming', now, failure === undefined ? {} : { attempt: attempt + 1 });
}

/** Ends a run because of a failure, while writes are on. */
export function giveUp(run: Run, now: number, failure: Failure): Transition {
  const failed = { ...run, status: { ...run.status, failure } };
  if (run.status.touched !== true) return finish(failed, now);
  return { ...confirm(failed, now), events: [{ type: 'Warning', ...failure }] };
}
