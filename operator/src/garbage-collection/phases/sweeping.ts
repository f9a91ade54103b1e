import type { CollectionState } from '@wharfinger/registry/config';
import { bounds } from '../bounds.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run } from '../run.ts';
import { type Failure, type Transition, enter, failOver, isoTime, stay } from '../transition.ts';

/** Watches over the confirmed window while the collector marks and sweeps in it. */
export function sweeping(run: Run, seen: Observation): Transition {
  const collection = collectionOf(run, seen);
  if (collection?.phase === 'Swept') return swept(run, seen, collection);
  if (collection?.phase === 'Failed') return collectorFailed(run, seen, collection);
  const broken = brokenWindow(run, seen);
  if (broken === null) return stay(run, bounds.windowPoll);
  // A collector that did not report may have moved something already.
  return giveBack(run, seen, broken, !run.options.dryRun);
}

function collectionOf(run: Run, seen: Observation): CollectionState | null {
  const collector = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  const collection = collector?.state?.collection ?? null;
  if (collection?.run !== run.uid || collection.attempt !== run.status.attempt) return null;
  return collection;
}

function swept(run: Run, seen: Observation, collection: CollectionState): Transition {
  const changes = { touched: collection.touched, counts: collection.counts };
  if (run.options.dryRun) return enter(run, 'RestoringWrites', seen.now, changes);
  return enter(run, 'Restarting', seen.now, { ...changes, restartNonce: restartNonce(run) });
}

function collectorFailed(run: Run, seen: Observation, collection: CollectionState): Transition {
  const message = `The collector on ${run.status.collectorPod} failed: ${collection.message ?? 'it gave no reason.'}`;
  const failure = { reason: 'CollectionFailed', message: message.slice(0, 1024) };
  return giveBack(
    { ...run, status: { ...run.status, counts: collection.counts } },
    seen,
    failure,
    collection.touched,
  );
}

/** What was swept may be in the workers' caches, and may be in use: hence the restart, and later the second mark. */
export function giveBack(run: Run, seen: Observation, failure: Failure, touched: boolean): Transition {
  if (!touched) return failOver(run, 'RestoringWrites', seen.now, { failure, changes: { touched } });
  const changes = { touched, restartNonce: restartNonce(run) };
  return failOver(run, 'Restarting', seen.now, { failure, changes });
}

function restartNonce(run: Run): string {
  return `${run.uid}-${run.status.attempt}`;
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
