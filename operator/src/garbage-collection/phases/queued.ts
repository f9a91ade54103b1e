import { bounds } from '../bounds.ts';
import type { Observation, RegistryView } from '../observation.ts';
import { runAhead } from '../queue-order.ts';
import type { Run } from '../run.ts';
import { abandon } from './outcome.ts';
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
  const attempt = (run.status.attempt ?? 0) + 1;
  const next = enter(run, 'EnteringReadOnly', seen.now, {
    attempt,
    registryUID: seen.registry?.uid,
    windowDeadline: isoTime(seen.now + run.windowTimeoutMs),
    collectorPod: `${run.registry}-0`,
    pods: undefined,
    restartNonce: undefined,
    confirmingPod: undefined,
    touched: undefined,
    failure: undefined,
  });
  const message = `Attempt ${attempt}: pushes to Registry ${run.registry} pause while it is collected; pulls go on.`;
  return { ...next, events: [{ type: 'Normal', reason: 'Started', message }] };
}

function timedOut(run: Run, seen: Observation, waiting: Waiting): Transition {
  const seconds = Math.round(run.timeoutMs / 1000);
  const last = run.status.failure?.message;
  const failure = {
    reason: waiting.stalled ? waiting.reason : 'TimedOut',
    message: `Did not start within spec.timeout (${seconds} s): ${last ?? waiting.message}`,
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
  const ahead = runAhead(run, seen.siblings);
  if (ahead !== undefined) return wait('RunAhead', `Waits for GarbageCollection ${ahead.name} to end.`);
  if (registry.collectionRun !== '' && registry.collectionRun !== run.uid) {
    return wait('RunAhead', 'Waits until the registry has let go of an earlier run that no longer exists.');
  }
  return registryNotReady(run, seen, registry) ?? backOff(run, seen);
}

function registryNotReady(run: Run, seen: Observation, registry: RegistryView): Waiting | null {
  const { statefulSet } = registry;
  if (statefulSet?.replicas === 0) {
    return wait('NoReplicas', `Waits for a pod: Registry ${run.registry} has spec.replicas 0.`);
  }
  const present = seen.replicas.filter((replica) => replica.ready && !replica.terminating).length;
  const settled = statefulSet?.settled === true && present === statefulSet.replicas;
  if (registry.ready && settled && seen.replicas.length === present) return null;
  return wait('RegistryNotReady', `Waits for Registry ${run.registry} to be Ready with all its replicas.`);
}

/** A replica that failed an attempt seldom comes back soon, and the run should say so while somebody looks. */
function isOutOfOrder(run: Run, seen: Observation, waiting: Waiting): boolean {
  const ended = lastAttemptEnd(run);
  if (waiting.reason !== 'RegistryNotReady' || ended === undefined) return false;
  return seen.now - ended >= bounds.recovery;
}

function backOff(run: Run, seen: Observation): Waiting | null {
  const ended = lastAttemptEnd(run);
  if (ended === undefined || seen.now - ended >= bounds.retry) return null;
  return wait('AttemptFailed', run.status.failure?.message ?? 'Waits before the next attempt.');
}

function lastAttemptEnd(run: Run): number | undefined {
  const ended = run.status.steps?.findLast((step) => step.name === 'RestoringWrites')?.completionTime;
  return ended === undefined ? undefined : Date.parse(ended);
}

function wait(reason: string, message: string): Waiting {
  return { reason, message, stalled: false };
}
