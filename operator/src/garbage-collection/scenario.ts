import type { CollectionCounts, CollectionState, RegistryState } from '@wharfinger/registry/config';
import { collectionHash } from './document.ts';
import type { Observation, Replica } from './observation.ts';
import type { Run, RunStatus } from './run.ts';
import { step } from './step.ts';
import type { Transition } from './transition.ts';

/** What the tests of this room build their scenarios from. */
export const start = Date.parse('2026-01-02T03:04:05.000Z');
export const zero = 'team-a-0';
export const one = 'team-a-1';

export const counts: CollectionCounts = {
  repositories: 1,
  manifestsMarked: 1,
  blobsMarked: 2,
  manifestsDeleted: 1,
  blobsDeleted: 2,
  layerLinksDeleted: 2,
  tagsRemoved: 0,
  repositoriesRemoved: 0,
  bytesDeleted: 2048,
  restored: 0,
  bytesFreed: 0,
  bytesPending: 0,
};

export function makeRun(changes: Partial<Run> = {}, status: Partial<RunStatus> = {}): Run {
  return {
    uid: 'run-1',
    name: 'nightly',
    created: '2026-01-02T03:04:00Z',
    deleting: false,
    registry: 'team-a',
    options: {
      dryRun: false,
      deleteUntagged: false,
      removeEmptyRepositories: true,
      minAge: 0,
      repositories: [],
      retention: [],
      undoFor: 0,
    },
    restoreFrom: undefined,
    rollout: false,
    timeoutMs: 600_000,
    windowTimeoutMs: 60_000,
    ...changes,
    status: { phase: 'Queued', startTime: new Date(start).toISOString(), attempt: 0, ...status },
  };
}

export function dryRun(): Partial<Run> {
  return { options: { ...makeRun().options, dryRun: true } };
}

export function makeState(pod: string, changes: Partial<RegistryState> = {}): RegistryState {
  return {
    pod,
    boot: `${pod}-boot-1`,
    version: '0.1.0',
    observed: { registry: '', collection: '' },
    writes: 'open',
    heldWrites: 0,
    windowExpired: false,
    prepared: false,
    restart: null,
    workers: [],
    collection: null,
    certificate: '',
    htpasswd: '',
    ...changes,
  };
}

export function makeReplica(
  pod: string,
  state: RegistryState | null,
  changes: Partial<Replica> = {},
): Replica {
  const silent =
    state === null ? { silentSince: start, error: 'no answer' } : { silentSince: null, error: '' };
  return { pod, ready: true, terminating: false, state, ...silent, ...changes };
}

/** A replica that answers and knows of no run. */
export function open(pod: string): Replica {
  return makeReplica(pod, makeState(pod));
}

/** A replica that has converged to the run's present text. */
export function converged(run: Run, pod: string, changes: Partial<RegistryState> = {}): Replica {
  return makeReplica(
    pod,
    makeState(pod, { observed: { registry: '', collection: collectionHash(run) }, ...changes }),
  );
}

/** What a collector says of the present attempt of a run. */
export function collectionState(run: Run, changes: Partial<CollectionState>): CollectionState {
  const attempt = run.status.attempt ?? 0;
  return { run: run.uid, attempt, phase: 'Marked', touched: false, remaining: 0, counts, ...changes };
}

export function makeObservation(replicas: Replica[], changes: Partial<Observation> = {}): Observation {
  return {
    now: start,
    registry: {
      uid: 'registry-1',
      ready: true,
      statefulSet: { replicas: replicas.length, settled: true, rolledOutFor: '' },
      collectionRun: '',
    },
    replicas,
    siblings: [],
    ...changes,
  };
}

/** The run with the status that a transition gave it. */
export function follow(run: Run, transition: Transition): Run {
  return { ...run, status: transition.status };
}

/** One look at two replicas, of which the first collects. */
export function look(
  run: Run,
  states: [Partial<RegistryState>, Partial<RegistryState>],
  now = start,
): Transition {
  const replicas = [converged(run, zero, states[0]), converged(run, one, states[1])];
  return step(run, makeObservation(replicas, { now }));
}

export function enterMarking(changes: Partial<Run> = {}): Run {
  const run = makeRun(changes);
  return follow(run, step(run, makeObservation([open(zero), open(one)])));
}

/** Marked, with so many things to sweep, and prepared. */
export function enterWindow(changes: Partial<Run> = {}, remaining = 5): Run {
  return openWindow(enterMarking(changes), remaining);
}

export function openWindow(run: Run, remaining = 5, now = start): Run {
  const marked = { collection: collectionState(run, { remaining }), prepared: true };
  const taken = follow(run, look(run, [marked, { prepared: true }], now));
  if (taken.status.phase !== 'Marking') return taken;
  return follow(taken, look(taken, [marked, { prepared: true }], now));
}

export function enterSweep(changes: Partial<Run> = {}): Run {
  const run = enterWindow(changes);
  return follow(run, step(run, makeObservation(bothPaused(run))));
}

export function bothPaused(run: Run): Replica[] {
  const collection = collectionState(run, { phase: 'Marked', remaining: 5 });
  return [converged(run, zero, { writes: 'paused', collection }), converged(run, one, { writes: 'paused' })];
}

export function collected(run: Run, changes: Partial<CollectionState>): Replica[] {
  const collection = collectionState(run, { message: 'disk full.', touched: true, ...changes });
  return [converged(run, zero, { writes: 'paused', collection }), converged(run, one, { writes: 'paused' })];
}

export function enterRestart(changes: Partial<Run> = {}, remaining = 0): Run {
  const run = enterSweep(changes);
  return follow(run, step(run, makeObservation(collected(run, { phase: 'Swept', remaining }))));
}

export function restarted(run: Run): Replica[] {
  const restart = { nonce: run.status.restartNonce ?? '', done: true };
  return [zero, one].map((pod) => converged(run, pod, { writes: 'paused', restart }));
}

export function enterRestore(changes: Partial<Run> = {}, remaining = 0): Run {
  const run = enterRestart(changes, remaining);
  return follow(run, step(run, makeObservation(restarted(run))));
}

/** Writes are back; with something left to sweep the run marks again. */
export function afterWindow(changes: Partial<Run> = {}, remaining = 0, now = start): Run {
  const run = enterRestore(changes, remaining);
  const replicas = [converged(run, zero), converged(run, one)];
  return follow(run, step(run, makeObservation(replicas, { now })));
}

export function enterConfirm(changes: Partial<Run> = {}): Run {
  const run = afterWindow(changes);
  return follow(run, step(run, makeObservation([open(zero), open(one)])));
}
