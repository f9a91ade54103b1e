import type { CollectionOptions } from '@wharfinger/registry/config';
import { type Duration, durationMs } from '../api/duration.ts';
import type { GarbageCollectionPhase, GarbageCollectionStatus } from '../api/garbage-collection-status.ts';
import type { GarbageCollection } from '../api/garbage-collection.ts';

/** The status of a run, from which alone the run can be taken up again by another operator. */
export interface RunStatus extends GarbageCollectionStatus {
  phase: GarbageCollectionPhase;
}

/** A GarbageCollection as the state machine sees it. */
export interface Run {
  uid: string;
  name: string;
  /** `metadata.creationTimestamp`: the older of two runs goes first. */
  created: string;
  deleting: boolean;
  /** Name of the Registry. */
  registry: string;
  options: CollectionOptions;
  timeoutMs: number;
  windowTimeoutMs: number;
  status: RunStatus;
}

/** Reads a GarbageCollection; without a status it is queued. */
export function runOf(object: GarbageCollection): Run {
  const { metadata, spec } = object;
  return {
    uid: metadata.uid,
    name: metadata.name,
    created: metadata.creationTimestamp ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    registry: spec.registryRef.name,
    options: {
      dryRun: spec.dryRun,
      deleteUntagged: spec.deleteUntagged,
      removeEmptyRepositories: spec.removeEmptyRepositories,
      minAge: bounded(spec.minAge),
    },
    timeoutMs: bounded(spec.timeout),
    windowTimeoutMs: bounded(spec.windowTimeout),
    status: { ...object.status, phase: object.status?.phase ?? 'Queued' },
  };
}

/** Ten years, in milliseconds: an object that is older than the bounds of our definition must not break time itself. */
const longestMs = 87_600 * 3_600_000;

function bounded(duration: Duration): number {
  return Math.min(durationMs(duration), longestMs);
}

const finished: ReadonlySet<GarbageCollectionPhase> = new Set(['Succeeded', 'Failed']);

export function isFinished(phase: GarbageCollectionPhase): boolean {
  return finished.has(phase);
}

/** A run is active from its first word to the registry until it has taken back the last one. */
export function isActive(phase: GarbageCollectionPhase): boolean {
  return phase !== 'Queued' && !isFinished(phase);
}
