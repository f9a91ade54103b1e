import type { CollectionState } from '@wharfinger/registry/config';
import { bounds } from '../bounds.ts';
import type { Observation, Replica } from '../observation.ts';
import { addedCounts } from '../counts.ts';
import { type Run, type RunStatus, restartNonceOf } from '../run.ts';
import { type Failure, type Transition, enter, failOver, isoTime, stay } from '../transition.ts';

/** Watches over the confirmed window while the collector marks and sweeps in it. */
export function sweeping(run: Run, seen: Observation): Transition {
  const collection = sweepOf(run, seen);
  if (collection?.phase === 'Swept') return swept(run, seen, collection);
  if (collection?.phase === 'Failed') return collectorFailed(run, seen, collection);
  const broken = brokenWindow(run, seen);
  if (broken === null) return stay(run, bounds.windowPoll);
  // A collector that did not report may have moved something already.
  return giveBack(run, seen, broken, !run.options.dryRun);
}

function sweepOf(run: Run, seen: Observation): CollectionState | null {
  const collector = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  const collection = collector?.state?.collection ?? null;
  if (collection?.run !== run.uid || collection.attempt !== run.status.attempt) return null;
  return collection;
}

function swept(run: Run, seen: Observation, collection: CollectionState): Transition {
  const { touched } = collection;
  const changes = { ...sweptStatus(run, collection), remaining: collection.remaining };
  // Nothing is missing from the store, so no cache can be wrong.
  if (run.options.dryRun || !touched) return enter(run, 'RestoringWrites', seen.now, changes);
  return enter(run, 'Restarting', seen.now, { ...changes, restartNonce: restartNonceOf(run) });
}

function collectorFailed(run: Run, seen: Observation, collection: CollectionState): Transition {
  const message = `The collector on ${run.status.collectorPod} failed: ${collection.message ?? 'it gave no reason.'}`;
  const failure = { reason: 'CollectionFailed', message: message.slice(0, 1024) };
  // Before it moved anything it still tells what the mark could give up.
  const told = collection.touched ? { ...run.status, ...sweptStatus(run, collection) } : run.status;
  return giveBack({ ...run, status: told }, seen, failure, collection.touched);
}

/** What a window changes in the run. */
function sweptStatus(run: Run, { touched, counts }: CollectionState): Pick<RunStatus, 'touched' | 'counts'> {
  return {
    touched: run.status.touched === true || touched,
    counts: addedCounts(run.status.earlierCounts, counts),
  };
}

/** What was swept may be in the workers' caches, and may be in use: hence the restart, and later the second mark. */
export function giveBack(run: Run, seen: Observation, failure: Failure, touched: boolean): Transition {
  if (!touched) return failOver(run, 'RestoringWrites', seen.now, { failure, changes: {} });
  const changes = { touched: true, restartNonce: restartNonceOf(run) };
  return failOver(run, 'Restarting', seen.now, { failure, changes });
}

function brokenWindow(run: Run, seen: Observation): Failure | null {
  const deadline = Date.parse(run.status.windowDeadline ?? isoTime(seen.now));
  if (seen.now > deadline + bounds.deadlineGrace) {
    return { reason: 'WindowExpired', message: 'The collection did not end within spec.windowTimeout.' };
  }
  const confirmed = run.status.pods ?? [];
  const stranger = seen.replicas.find((replica) => !confirmed.some((pod) => pod.name === replica.pod));
  if (stranger !== undefined) {
    return { reason: 'ReplicaAppeared', message: `Pod ${stranger.pod} appeared while pushes were paused.` };
  }
  for (const { name, boot } of confirmed) {
    const failure = brokenPromise(name, boot, seen);
    if (failure !== null) return failure;
  }
  return null;
}

function brokenPromise(pod: string, boot: string, seen: Observation): Failure | null {
  const replica = seen.replicas.find((candidate) => candidate.pod === pod);
  if (
    replica === undefined ||
    replica.terminating ||
    (replica.state !== null && replica.state.boot !== boot)
  ) {
    return {
      reason: 'ReplicaRestarted',
      message: `Pod ${pod} restarted or was replaced while pushes were paused.`,
    };
  }
  if (replica.state === null) return silence(replica, seen);
  if (replica.state.windowExpired || replica.state.writes === 'open') {
    const message = `Pod ${pod} took writes again before the collection ended: spec.windowTimeout had passed.`;
    return { reason: 'WindowExpired', message };
  }
  return null;
}

function silence(replica: Replica, seen: Observation): Failure | null {
  if (seen.now - (replica.silentSince ?? seen.now) < bounds.silence) return null;
  const message = `Pod ${replica.pod} stopped answering while pushes were paused (${replica.error}).`;
  return { reason: 'ReplicaUnreachable', message };
}
