import { bounds } from '../bounds.ts';
import type { Observation } from '../observation.ts';
import { runAhead } from '../queue-order.ts';
import type { Run } from '../run.ts';
import { undoneRun } from '../undone-run.ts';
import { abandon } from './outcome.ts';
import { isOutOfOrder, lastWindowEnd, registryNotReady, storesApart, wait } from './readiness.ts';
import { type Transition, type Waiting, closed, enter, isoTime, stay } from '../transition.ts';

/** Waits until the Registry is Ready with a settled StatefulSet and no other run goes before; then opens an attempt. */
export function queued(run: Run, seen: Observation): Transition {
  if (run.deleting) return stay(run, bounds.queuePoll);
  if (run.status.startTime === undefined) return first(run, seen);
  const waiting = waitingFor(run, seen);
  if (waiting === null) return begin(run, seen);
  const waited = seen.now - Date.parse(run.status.startTime);
  if (waited >= run.timeoutMs) return timedOut(run, seen, waiting);
  const { failure } = run.status;
  if (failure !== undefined && isOutOfOrder(run, seen, waiting)) return abandon(run, seen.now, failure);
  return { ...stay(run, Math.min(bounds.queuePoll, run.timeoutMs - waited)), waiting };
}

function first(run: Run, seen: Observation): Transition {
  return enter(run, 'Queued', seen.now, { startTime: isoTime(seen.now), attempt: 0 });
}

function begin(run: Run, seen: Observation): Transition {
  const changes = {
    attempt: (run.status.attempt ?? 0) + 1,
    activeTime: isoTime(seen.now),
    registryUID: seen.registry?.uid,
    counts: undefined,
    earlierCounts: undefined,
    markedTime: undefined,
    windowDeadline: undefined,
    collectorPod: `${run.registry}-0`,
    collectorBoot: undefined,
    pods: undefined,
    restartNonce: undefined,
    solo: undefined,
    confirmingPod: undefined,
    failure: undefined,
  };
  if (run.restoreFrom !== undefined) return beginRestoring(run, seen, run.restoreFrom, changes);
  const message = `Marks what Registry ${run.registry} uses; pushes and pulls go on.`;
  const next = enter(run, 'Marking', seen.now, changes);
  return { ...next, events: [{ type: 'Normal', reason: 'Started', message }] };
}

function beginRestoring(
  run: Run,
  seen: Observation,
  restoreFrom: string,
  changes: Partial<Run['status']>,
): Transition {
  const found = undoneRun(restoreFrom, run.registry, seen.siblings);
  if ('failure' in found) return abandon(run, seen.now, found.failure);
  const message = `Restores what ${restoreFrom} deleted; pushes and pulls go on.`;
  const next = enter(run, 'Restoring', seen.now, { ...changes, restoreFromUID: found.uid });
  return { ...next, events: [{ type: 'Normal', reason: 'Started', message }] };
}

function timedOut(run: Run, seen: Observation, waiting: Waiting): Transition {
  const seconds = Math.round(run.timeoutMs / 1000);
  const last = run.status.failure?.message;
  const failure = {
    reason: waiting.stalled ? waiting.reason : 'TimedOut',
    message: `Did not start within spec.timeout (${seconds} s): ${last ?? waiting.message}`.slice(0, 1024),
  };
  const steps = closed(run.status.steps ?? [], seen.now);
  return {
    status: { ...run.status, phase: 'Failed', steps, failure, completionTime: isoTime(seen.now) },
    events: [{ type: 'Warning', ...failure }],
    requeueAfterMs: null,
  };
}

function waitingFor(run: Run, seen: Observation): Waiting | null {
  const { registry } = seen;
  if (registry === null) {
    const message = `There is no Registry ${JSON.stringify(run.registry)} in this namespace: create it, or create a GarbageCollection whose spec.registryRef.name names one that exists.`;
    return { reason: 'RegistryNotFound', message, stalled: true };
  }
  if (registry.suspended)
    return wait('Suspended', `Waits until spec.suspend of Registry ${run.registry} is taken back.`);
  const ahead = runAhead(run, seen.siblings);
  if (ahead !== undefined) return wait('RunAhead', `Waits for GarbageCollection ${ahead.name} to end.`);
  if (registry.collectionRun !== '' && registry.collectionRun !== run.uid) {
    return wait('RunAhead', 'Waits until the registry has let go of an earlier run that no longer exists.');
  }
  return registryNotReady(run, seen, registry) ?? storesApart(run, seen) ?? backOff(run, seen);
}

function backOff(run: Run, seen: Observation): Waiting | null {
  const ended = lastWindowEnd(run);
  if (ended === undefined || seen.now - ended >= bounds.retry) return null;
  return wait('AttemptFailed', run.status.failure?.message ?? 'Waits before the next attempt.');
}
