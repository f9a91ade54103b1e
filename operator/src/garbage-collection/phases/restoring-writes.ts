import { bounds, maxAttempts } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run, RunStatus } from '../run.ts';
import { type Failure, type Transition, enter, stay } from '../transition.ts';
import { isGivenUp } from './given-up.ts';
import { finish } from './outcome.ts';

/** Done when every replica takes writes again, or refuses them because the user asked for that. */
export function restoringWrites(run: Run, seen: Observation): Transition {
  const hash = collectionHash(run);
  const waiting = seen.replicas.filter((replica) => !isRestored(replica, hash));
  if (!waiting.every((replica) => isGivenUp(run, seen, replica))) return stay(run, bounds.windowPoll);
  const lost = waiting[0];
  if (lost === undefined) return goOn(run, seen);
  const failure = notRestored(run, lost);
  const next = goOn({ ...run, status: { ...run.status, failure: run.status.failure ?? failure } }, seen);
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

function goOn(run: Run, seen: Observation): Transition {
  const status: RunStatus = { ...run.status, windowSeconds: windowSeconds(run, seen.now) };
  const restored = { ...run, status };
  if (mayRetry(restored, seen.now)) return enter(restored, 'Queued', seen.now, {});
  if (status.touched === true) return enter(restored, 'Confirming', seen.now, {});
  return finish(restored, seen.now);
}

function windowSeconds(run: Run, now: number): number | undefined {
  const begun = run.status.steps?.findLast((step) => step.name === 'EnteringReadOnly')?.startTime;
  return begun === undefined ? undefined : (now - Date.parse(begun)) / 1000;
}

function mayRetry(run: Run, now: number): boolean {
  const { failure, attempt = 0, startTime } = run.status;
  if (run.deleting || failure?.reason !== 'ReplicaNotPaused' || attempt >= maxAttempts) return false;
  return now - Date.parse(startTime ?? '') < run.timeoutMs;
}
