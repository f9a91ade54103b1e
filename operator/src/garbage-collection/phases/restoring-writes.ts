import { bounds } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run, RunStatus } from '../run.ts';
import { type Failure, type Transition, isoTime, noted, stay } from '../transition.ts';
import { isGivenUp } from './given-up.ts';
import { giveUp, markAnew, mayRetry, retry, settle } from './retry.ts';

/** Done when every replica takes writes again, or refuses them because the user asked for that. */
export function restoringWrites(run: Run, seen: Observation): Transition {
  const hash = collectionHash(run);
  const waiting = seen.replicas.filter((replica) => !isRestored(replica, hash));
  if (!waiting.every((replica) => isGivenUp(run, seen, replica))) return stay(run, bounds.windowPoll);
  const lost = waiting[0];
  if (lost === undefined) return goOn(run, seen, pauseOf(run, seen));
  const failure = notRestored(run, lost);
  const failed = { ...run, status: { ...run.status, failure: run.status.failure ?? failure } };
  // Until its deadline a silent replica may still sweep: only the second mark, which waits for that, may follow.
  const next =
    run.status.touched === true ? settle(withWindow(failed, seen.now), seen.now) : goOn(failed, seen);
  return { ...next, events: [{ type: 'Warning', ...failure }, ...next.events] };
}

function isRestored(replica: Replica, hash: string): boolean {
  if (replica.terminating) return true;
  const { state } = replica;
  if (state === null || state.observed.collection !== hash) return false;
  return state.writes === 'open' || state.writes === 'readOnly';
}

function notRestored(run: Run, lost: Replica): Failure {
  const why =
    lost.state === null ? `does not answer (${lost.error})` : `answers that writes are ${lost.state.writes}`;
  const message = `Pod ${lost.pod} ${why}; it takes writes again by itself at ${run.status.windowDeadline}.`;
  return { reason: 'ReplicaNotRestored', message };
}

/** The measure of the only replica itself, in seconds: the operator hears of the end of the pause later than pushes do. */
function pauseOf(run: Run, { replicas }: Observation): number | undefined {
  const pause = run.status.solo === true ? replicas[0]?.state?.lastPause : undefined;
  if (pause?.run !== run.uid || pause.attempt !== run.status.attempt) return undefined;
  return pause.milliseconds / 1000;
}

function goOn(run: Run, seen: Observation, pause?: number): Transition {
  const restored = withWindow(run, seen.now, pause);
  const { failure, remaining } = restored.status;
  if (failure !== undefined) {
    return mayRetry(restored, failure, seen.now) ? retry(restored, seen.now) : settle(restored, seen.now);
  }
  if (run.deleting || !remaining) return settle(restored, seen.now);
  const activeTime = Date.parse(run.status.activeTime ?? isoTime(seen.now));
  if (seen.now - activeTime < run.timeoutMs) return markAnew(restored, seen.now, {});
  const message = `spec.timeout had passed before everything was swept: ${remaining} links, blobs, uploads and tags are left for another run.`;
  return giveUp(restored, seen.now, { reason: 'TimedOut', message });
}

/** The run with its latest window counted, which took so many seconds or else as long as its steps. */
function withWindow(run: Run, now: number, pause?: number): Run {
  const begun = run.status.steps?.findLast((step) => step.name === 'EnteringReadOnly')?.startTime;
  if (begun === undefined) return run;
  const seconds = pause ?? (now - Date.parse(begun)) / 1000;
  const { windows = 0, windowSeconds = 0, windowSecondsTotal = 0 } = run.status;
  const status: RunStatus = {
    ...run.status,
    windows: windows + 1,
    windowSeconds: Math.max(windowSeconds, seconds),
    windowSecondsTotal: Math.round((windowSecondsTotal + seconds) * 1000) / 1000,
  };
  return noted({ ...run, status }, `Pushes paused for ${seconds.toFixed(2)} s.`);
}
