import type { CollectionOptions, RetentionRule } from '@wharfinger/registry/config';
import type { RetentionRule as SpecRetentionRule } from '../api/collection-options.ts';
import { type Duration, durationMs } from '../api/duration.ts';
import type { GarbageCollectionPhase, GarbageCollectionStatus } from '../api/garbage-collection-status.ts';
import type { GarbageCollection } from '../api/garbage-collection.ts';
import { completedAnnotation } from './kind.ts';

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
  /** What a run that restores undoes: name or UID of an earlier run; undefined for one that collects. */
  restoreFrom: string | undefined;
  /** Whether the pods are replaced too when everything is swept. */
  rollout: boolean;
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
      repositories: spec.repositories ?? [],
      retention: (spec.retention ?? []).map(retentionRule),
      undoFor: bounded(spec.undoFor),
    },
    restoreFrom: spec.restoreFrom,
    rollout: spec.restart === 'Rollout',
    timeoutMs: bounded(spec.timeout),
    windowTimeoutMs: bounded(spec.windowTimeout),
    status:
      object.status?.phase === undefined
        ? firstStatus(object)
        : { ...object.status, phase: object.status.phase },
  };
}

/** Without a status an object is new, unless it was restored from a copy of one whose run had ended. */
function firstStatus({ metadata, status }: GarbageCollection): RunStatus {
  const [completionTime, phase] = metadata.annotations?.[completedAnnotation]?.split(' ') ?? [];
  if (completionTime === undefined || Number.isNaN(Date.parse(completionTime))) {
    return { ...status, phase: 'Queued' };
  }
  return { phase: phase === 'Succeeded' ? 'Succeeded' : 'Failed', completionTime };
}

/** What `wharfinger.dev/completed` says of a run that ended. */
export function completedText({ phase, completionTime }: RunStatus): string {
  return `${completionTime} ${phase}`;
}

/** Ten years, in milliseconds: an object that is older than the bounds of our definition must not break time itself. */
const longestMs = 87_600 * 3_600_000;

function bounded(duration: Duration): number {
  return Math.min(durationMs(duration), longestMs);
}

function retentionRule(rule: SpecRetentionRule): RetentionRule {
  const { keepYoungerThan, keepPulledWithin, keepMatching = [], ...rest } = rule;
  return {
    ...rest,
    keepMatching,
    ...(keepYoungerThan === undefined ? {} : { keepYoungerThan: bounded(keepYoungerThan) }),
    ...(keepPulledWithin === undefined ? {} : { keepPulledWithin: bounded(keepPulledWithin) }),
  };
}

const finished: ReadonlySet<GarbageCollectionPhase> = new Set(['Succeeded', 'Failed']);

export function isFinished(phase: GarbageCollectionPhase): boolean {
  return finished.has(phase);
}

/** Whether the only replica goes through the present window by itself, and nothing has failed in it. */
export function isSolo({ status }: Run): boolean {
  return status.solo === true && status.failure === undefined;
}

/** Names the restart of the present window. */
export function restartNonceOf({ uid, status }: Run): string {
  return `${uid}-${status.attempt}`;
}

/** A run is active from its first word to the registry until it has taken back the last one. */
export function isActive(phase: GarbageCollectionPhase): boolean {
  return phase !== 'Queued' && !isFinished(phase);
}
