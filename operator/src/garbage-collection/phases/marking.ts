import type { CollectionCounts, CollectionState, RegistryState } from '@wharfinger/registry/config';
import { bounds } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run, RunStatus } from '../run.ts';
import { type Transition, type Waiting, enter, isoTime, stay, stepStart } from '../transition.ts';
import { nothingDeleted } from '../counts.ts';
import { choosePod } from './chosen-pod.ts';
import { collectionOf, isCollecting } from './collecting.ts';
import { finish } from './outcome.ts';
import { isOutOfOrder, lastWindowEnd, registryNotReady, sinceLastWindow, storesApart } from './readiness.ts';
import { giveUp, mayRetry, settle, withoutMark } from './retry.ts';

/** One replica marks, with writes on, and all get ready for a window. A replica that loses its mark has to mark again. */
export function marking(run: Run, seen: Observation): Transition {
  if (seen.now - activeSince(run, seen) >= run.timeoutMs) return timedOut(run, seen);
  if (run.status.collectorPod === undefined) return choosePod(run, seen, 'collectorPod');
  const pod = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  if (pod === undefined || pod.terminating) return lost(run, seen, 'the pod is gone');
  const { state } = pod;
  if (state === null) return silent(run, seen, pod);
  const { collectorBoot } = run.status;
  if (collectorBoot !== undefined && state.boot !== collectorBoot)
    return lost(run, seen, 'its container was restarted');
  if (state.observed.collection !== collectionHash(run)) return stay(run, bounds.openPoll);
  const collection = collectionOf(run, state);
  if (collection === null) return unmarked(run, seen, state);
  if (collectorBoot === undefined) return takenUp(run, state);
  return follow(run, seen, collection);
}

function activeSince(run: Run, seen: Observation): number {
  return Date.parse(run.status.activeTime ?? isoTime(seen.now));
}

function timedOut(run: Run, seen: Observation): Transition {
  const seconds = Math.round(run.timeoutMs / 1000);
  const why = noWindow(run, seen)?.message ?? 'Marking was not over by then.';
  const message = `Marking and sweeping did not end within spec.timeout (${seconds} s). ${why}`;
  return giveUp(run, seen.now, { reason: 'TimedOut', message });
}

function silent(run: Run, seen: Observation, pod: Replica): Transition {
  const since = Math.max(pod.silentSince ?? seen.now, stepStart(run, seen.now));
  if (seen.now - since < bounds.markSilence) return stay(run, bounds.openPoll);
  return lost(run, seen, `it does not answer (${pod.error})`);
}

/** Writes were never touched by this attempt, so it can begin anew at once, on another pod if need be. */
function lost(run: Run, seen: Observation, why: string): Transition {
  const message = `The mark on pod ${run.status.collectorPod} is lost: ${why}.`.slice(0, 1024);
  const failure = { reason: 'MarkLost', message };
  if (!mayRetry(run, failure, seen.now)) return giveUp(run, seen.now, failure);
  const next = withoutMark(run, seen.now, (run.status.failedAttempts ?? 0) + 1);
  return { ...next, events: [{ type: 'Warning', ...failure }] };
}

/** A registry that knows no mark, as those of earlier releases, marks in the window. */
function unmarked(run: Run, seen: Observation, state: RegistryState): Transition {
  if (run.status.collectorBoot !== undefined)
    return lost(run, seen, 'it collected for another run, or its collector ended');
  if (isCollecting(state) || seen.now - stepStart(run, seen.now) < bounds.takeUp)
    return stay(run, bounds.openPoll);
  return openWindow({ ...run, status: { ...run.status, remaining: undefined } }, seen);
}

function takenUp(run: Run, state: RegistryState): Transition {
  return { status: { ...run.status, collectorBoot: state.boot }, events: [], requeueAfterMs: 0 };
}

function follow(run: Run, seen: Observation, collection: CollectionState): Transition {
  if (collection.phase === 'Failed') return failed(run, seen, collection);
  if (collection.phase !== 'Marked' && collection.phase !== 'Swept') return stay(run, bounds.openPoll);
  const { remaining, counts } = collection;
  const markedTime = run.status.markedTime ?? isoTime(seen.now);
  const status = { ...run.status, remaining, markedTime, counts: run.status.counts ?? eligible(run, counts) };
  const marked = { ...run, status };
  if (run.options.dryRun) return planned(marked, seen);
  if (remaining === 0) return settle(marked, seen.now);
  if (!isPrepared(run, seen)) return stay(marked, bounds.openPoll);
  return openWindow(marked, seen);
}

/** A mark that fails before any window says what is wrong with the storage, unless its collector was killed. */
function failed(run: Run, seen: Observation, collection: CollectionState): Transition {
  const why = collection.message ?? 'it gave no reason.';
  if (collection.died === true || (run.status.windows ?? 0) > 0) return lost(run, seen, why);
  const message = `The mark on ${run.status.collectorPod} failed: ${why}`.slice(0, 1024);
  return giveUp(run, seen.now, { reason: 'MarkFailed', message });
}

/** A mark tells what could go. Only in a dry run that is the result; otherwise nothing is deleted before a window has swept it. */
function eligible(run: Run, counts: CollectionCounts): CollectionCounts {
  return run.options.dryRun ? counts : { ...counts, ...nothingDeleted };
}

/** A dry run is over when its plan is stored; the registry may need a moment to answer it. */
function planned(run: Run, seen: Observation): Transition {
  const { plan } = seen;
  if (plan !== undefined && 'name' in plan) {
    return finish({ ...run, status: { ...run.status, planRef: { name: plan.name } } }, seen.now);
  }
  const since = Date.parse(run.status.markedTime ?? isoTime(seen.now));
  if (seen.now - since < bounds.plan) return stay(run, bounds.openPoll);
  const message = `The plan could not be stored: ${plan?.problem ?? 'the registry gave none'}.`.slice(
    0,
    1024,
  );
  const end = finish(run, seen.now);
  return { ...end, events: [{ type: 'Warning', reason: 'PlanNotStored', message }, ...end.events] };
}

/** Whether every replica has forked the workers that are to replace those that serve, or had its time to. */
function isPrepared(run: Run, seen: Observation): boolean {
  if (seen.now - stepStart(run, seen.now) >= bounds.prepare) return true;
  const hash = collectionHash(run);
  return seen.replicas.every(
    ({ state }) => state !== null && state.observed.collection === hash && state.prepared,
  );
}

/** A replica that has been silent since the others got ready, and for as long again as one may need to recover. */
function outOfReach(run: Run, seen: Observation): Replica | undefined {
  const since = Math.max(stepStart(run, seen.now) + bounds.prepare, lastWindowEnd(run) ?? 0);
  if (seen.now - since < bounds.recovery) return undefined;
  return seen.replicas.find(
    ({ state, silentSince }) =>
      state === null && silentSince !== null && seen.now - silentSince >= bounds.recovery,
  );
}

/** A replica that is the only one, keeps the mark and knows how is left to itself: no word to and fro makes its window longer. */
function soloStatus(run: Run, { registry, replicas }: Observation): Partial<RunStatus> {
  const [replica, another] = replicas;
  const { collectorPod, collectorBoot: boot } = run.status;
  const none = { solo: undefined };
  if (registry?.statefulSet?.replicas !== 1 || replica === undefined || another !== undefined) return none;
  if (replica.pod !== collectorPod || boot === undefined || replica.state?.lastPause === undefined)
    return none;
  return { solo: true, pods: [{ name: replica.pod, boot }] };
}

function noWindow(run: Run, seen: Observation): Waiting | null {
  return registryNotReady(run, seen, seen.registry) ?? storesApart(run, seen);
}

function openWindow(run: Run, seen: Observation): Transition {
  const waiting = noWindow(run, seen);
  if (waiting !== null && isOutOfOrder(run, seen, waiting)) {
    const { reason, message } = waiting;
    return giveUp(run, seen.now, {
      reason,
      message: `The registry did not recover from a window. ${message}`,
    });
  }
  const silent = waiting === null ? undefined : outOfReach(run, seen);
  if (silent !== undefined) {
    const message = `Pod ${silent.pod} does not answer (${silent.error}); nothing was swept.`.slice(0, 1024);
    return giveUp(run, seen.now, { reason: 'ReplicaUnreachable', message });
  }
  if (waiting !== null) return { ...stay(run, bounds.openPoll), waiting };
  const sinceLast = sinceLastWindow(run, seen);
  if (sinceLast < bounds.windowGap) return stay(run, Math.min(bounds.openPoll, bounds.windowGap - sinceLast));
  const changes = { windowDeadline: isoTime(seen.now + run.windowTimeoutMs), ...soloStatus(run, seen) };
  const message = `Pushes to Registry ${run.registry} pause while it is swept; pulls go on.`;
  const next = enter(run, 'EnteringReadOnly', seen.now, changes);
  return { ...next, events: [{ type: 'Normal', reason: 'PushesPaused', message }] };
}
