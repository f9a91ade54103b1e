import type { CollectionCounts, RegistryState } from '@wharfinger/registry/config';
import { collectionHash } from './document.ts';
import type { Observation, Replica } from './observation.ts';
import type { Run, RunStatus } from './run.ts';

/** What the tests of this room build their scenarios from. */
export const start = Date.parse('2026-01-02T03:04:05.000Z');

export const counts: CollectionCounts = {
  repositories: 1,
  manifestsMarked: 1,
  blobsMarked: 2,
  manifestsDeleted: 1,
  blobsDeleted: 2,
  layerLinksDeleted: 2,
  repositoriesRemoved: 0,
  bytesDeleted: 2048,
  restored: 0,
  bytesFreed: 0,
};

export function makeRun(changes: Partial<Run> = {}, status: Partial<RunStatus> = {}): Run {
  return {
    uid: 'run-1',
    name: 'nightly',
    created: '2026-01-02T03:04:00Z',
    deleting: false,
    registry: 'team-a',
    options: { dryRun: false, deleteUntagged: false, removeEmptyRepositories: true, minAge: 0 },
    timeoutMs: 600_000,
    windowTimeoutMs: 60_000,
    ...changes,
    status: { phase: 'Queued', startTime: new Date(start).toISOString(), attempt: 0, ...status },
  };
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

/** A replica that has converged to the run's present text. */
export function converged(run: Run, pod: string, changes: Partial<RegistryState> = {}): Replica {
  return makeReplica(
    pod,
    makeState(pod, { observed: { registry: '', collection: collectionHash(run) }, ...changes }),
  );
}

export function makeObservation(replicas: Replica[], changes: Partial<Observation> = {}): Observation {
  return {
    now: start,
    registry: {
      uid: 'registry-1',
      ready: true,
      statefulSet: { replicas: replicas.length, settled: true },
      collectionRun: '',
    },
    replicas,
    siblings: [],
    ...changes,
  };
}
