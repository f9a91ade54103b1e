import { type CollectionMaintenance, maintenanceHash } from '@wharfinger/registry/config';
import { type Run, isActive } from './run.ts';

/**
 * What `collection.json` should say for a run: it follows from the run's stored status alone, so that an operator that
 * takes a run up writes what its predecessor would have written. Null: the key should not be there.
 */
export function collectionDocument(run: Run): CollectionMaintenance | null {
  const { status } = run;
  if (!isActive(status.phase)) return null;
  const base = { run: run.uid, attempt: status.attempt ?? 0 };
  if (status.phase === 'EnteringReadOnly') return { ...base, ...window(run) };
  if (status.phase === 'Sweeping') return { ...base, ...window(run), ...collect(run) };
  // From here on nothing collects: a supervisor that missed the restart still finds it.
  const restart = status.restartNonce === undefined ? {} : { restart: status.restartNonce };
  if (status.phase === 'Restarting') return { ...base, ...window(run), ...restart };
  if (status.phase === 'RestoringWrites') return { ...base, ...restart };
  return { ...base, ...restart, ...confirm(run) };
}

type Part<Name extends keyof CollectionMaintenance> = Pick<CollectionMaintenance, Name>;

function window({ status }: Run): Part<'window'> {
  return status.windowDeadline === undefined ? {} : { window: { deadline: status.windowDeadline } };
}

function collect({ status, options }: Run): Part<'collect'> {
  return { collect: { pod: status.collectorPod ?? '', options } };
}

function confirm({ status, options }: Run): Part<'confirm'> {
  const pod = status.confirmingPod;
  return pod === undefined ? {} : { confirm: { pod, options } };
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
