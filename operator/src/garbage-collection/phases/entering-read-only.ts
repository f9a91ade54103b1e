import { bounds } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation, Replica } from '../observation.ts';
import { type Run, isSolo } from '../run.ts';
import { isCollecting, keepsMark } from './collecting.ts';
import { giveBack } from './sweeping.ts';
import { type Transition, enter, failOver, stay, stepStart } from '../transition.ts';

/** Done when every replica answers for exactly this text that no commit section runs and none can begin. */
export function enteringReadOnly(run: Run, seen: Observation): Transition {
  if (isSolo(run)) return enteringSolo(run, seen);
  const expected = seen.registry?.statefulSet?.replicas ?? 0;
  const hash = collectionHash(run);
  const late = seen.replicas.find((replica) => !isPaused(replica, hash));
  if (late === undefined && seen.replicas.length === expected) {
    if (!keptByCollector(run, seen)) return markLost(run, seen);
    const pods = seen.replicas.map((replica) => ({ name: replica.pod, boot: replica.state?.boot ?? '' }));
    return enter(run, 'Sweeping', seen.now, { pods });
  }
  if (seen.now - stepStart(run, seen.now) < bounds.pause) return stay(run, bounds.windowPoll);
  const message = lateSentence(late, seen.replicas.length, expected);
  return failOver(run, 'RestoringWrites', seen.now, {
    failure: { reason: 'ReplicaNotPaused', message },
    changes: {},
  });
}

/** The only replica goes on by itself as soon as it has seen the text: unless it said so, it may have swept. */
function enteringSolo(run: Run, seen: Observation): Transition {
  const hash = collectionHash(run);
  const hasBegun = ({ state }: Replica): boolean =>
    state?.observed.collection === hash && state.writes !== 'pausing' && !state.windowExpired;
  if (seen.replicas.some(hasBegun)) return enter(run, 'Sweeping', seen.now, {});
  if (seen.now - stepStart(run, seen.now) < bounds.pause) return stay(run, bounds.windowPoll);
  const [replica] = seen.replicas;
  const why = replica === undefined ? 'is gone' : reasonOf(replica);
  const message = `Pod ${run.status.collectorPod} did not pause its writes within ${bounds.pause / 1000} s: it ${why}.`;
  return giveBack(run, seen, { reason: 'ReplicaNotPaused', message }, true);
}

/** Without its mark the collector would mark in the window, which is to be short. */
function keptByCollector(run: Run, seen: Observation): boolean {
  const collector = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  return collector !== undefined && collector.state !== null && keepsMark(run, collector.state);
}

function markLost(run: Run, seen: Observation): Transition {
  const message = `Pod ${run.status.collectorPod} lost its mark before the sweep began; nothing was swept.`;
  return failOver(run, 'RestoringWrites', seen.now, {
    failure: { reason: 'MarkLost', message },
    changes: {},
  });
}

function isPaused(replica: Replica, hash: string): boolean {
  const { state } = replica;
  if (replica.terminating || state === null || state.windowExpired || state.observed.collection !== hash)
    return false;
  // The second mark of a run that was given up may be under way: two collectors must never work at once.
  if (isCollecting(state)) return false;
  return state.writes === 'paused' || state.writes === 'readOnly';
}

function lateSentence(late: Replica | undefined, found: number, expected: number): string {
  const seconds = bounds.pause / 1000;
  if (late === undefined)
    return `Found ${found} pods where the StatefulSet has ${expected}; nothing was swept.`;
  return `Pod ${late.pod} did not pause its writes within ${seconds} s: it ${reasonOf(late)}; nothing was swept.`;
}

function reasonOf({ state, error }: Replica): string {
  if (state === null) return `does not answer (${error})`;
  if (isCollecting(state)) return 'still collects for an earlier run';
  return `answers that writes are ${state.writes}`;
}
