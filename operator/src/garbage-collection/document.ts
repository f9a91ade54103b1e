import { type CollectionMaintenance, maintenanceHash } from '@wharfinger/registry/config';
import type { GarbageCollectionPhase } from '../api/garbage-collection-status.ts';
import { bounds } from './bounds.ts';
import { type Run, type RunStatus, isActive, isSolo, restartNonceOf } from './run.ts';

type Parts = Omit<CollectionMaintenance, 'run' | 'attempt'>;
type ActivePhase = Exclude<GarbageCollectionPhase, 'Queued' | 'Succeeded' | 'Failed'>;

/** From Restarting on nothing sweeps, and `restart` stays: a supervisor that missed it still finds it. */
const parts: Readonly<Record<ActivePhase, (run: Run) => Parts>> = {
  Marking: mark,
  EnteringReadOnly: (run) => solo(run) ?? { ...mark(run), ...window(run) },
  Sweeping: (run) => solo(run) ?? { ...mark(run), ...window(run), ...collect(run) },
  Restarting: (run) => solo(run) ?? { ...mark(run), ...window(run), ...restart(run) },
  RestoringWrites: (run) => ({ ...(run.status.remaining ? mark(run) : {}), ...restart(run) }),
  RollingOut: restart,
  Confirming: (run) => ({ ...restart(run), ...confirm(run) }),
  Restoring: restore,
};

/**
 * What `collection.json` should say for a run: it follows from the run's stored status alone, so that an operator that
 * takes a run up writes what its predecessor would have written. Null: the key should not be there.
 */
export function collectionDocument(run: Run): CollectionMaintenance | null {
  const { phase, attempt } = run.status;
  if (!isActive(phase)) return null;
  return { run: run.uid, attempt: attempt ?? 0, ...parts[phase as ActivePhase](run) };
}

type Part<Name extends keyof CollectionMaintenance> = Pick<CollectionMaintenance, Name>;

/** A run that is given up keeps no mark: no collector may go on with it. */
function mark({ status, options }: Run): Part<'mark'> {
  const pod = status.collectorPod;
  return pod === undefined || status.failure !== undefined ? {} : { mark: { pod, options } };
}

function window({ status }: Run): Part<'window'> {
  return status.windowDeadline === undefined ? {} : { window: { deadline: status.windowDeadline } };
}

function collect({ status, options }: Run): Required<Part<'collect'>> {
  return { collect: { pod: status.collectorPod ?? '', options, budget: sweepBudget(status) } };
}

/** Live blobs of a large store. */
const manyBlobs = 100_000;

/**
 * Milliseconds; the same throughout a window, in which the text must not change. With those of most stores ten times 37,000 blobs took more windows
 * than ten minutes have.
 */
function sweepBudget({ counts }: RunStatus): number {
  const isLarge = (counts?.blobsMarked ?? 0) > manyBlobs;
  return isLarge ? bounds.sweepBudget.large : bounds.sweepBudget.usual;
}

/** The only replica is told at once all that there is to do in a window; whatever fails is led step by step again. */
function solo(run: Run): Parts | undefined {
  if (!isSolo(run)) return undefined;
  const { boot = '' } = run.status.pods?.[0] ?? {};
  const { collect: order } = collect(run);
  return {
    ...mark(run),
    ...window(run),
    collect: { ...order, solo: { boot, restart: restartNonceOf(run) } },
  };
}

function restart({ status }: Run): Part<'restart'> {
  return status.restartNonce === undefined ? {} : { restart: status.restartNonce };
}

function confirm({ status, options }: Run): Part<'confirm'> {
  const pod = status.confirmingPod;
  return pod === undefined ? {} : { confirm: { pod, options } };
}

function restore({ status }: Run): Part<'restore'> {
  const { collectorPod: pod, restoreFromUID: from } = status;
  return pod === undefined || from === undefined ? {} : { restore: { pod, from } };
}

/** The text of `collection.json`, null when there should be none. */
export function collectionText(run: Run): string | null {
  const document = collectionDocument(run);
  return document === null ? null : `${JSON.stringify(document, null, 2)}\n`;
}

/** What a replica that converged to this run's text answers as `observed.collection`. */
export function collectionHash(run: Run): string {
  const text = collectionText(run);
  return text === null ? '' : maintenanceHash(text);
}
