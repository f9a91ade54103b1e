import type { CollectionPhase, CollectionState, RegistryState } from '@wharfinger/registry/config';
import type { Run } from '../run.ts';

const working: ReadonlySet<CollectionPhase> = new Set(['Marking', 'Sweeping', 'Confirming', 'Restoring']);
const marked: ReadonlySet<CollectionPhase> = new Set(['Marked', 'Swept']);

/** Whether a collector works in this replica, for whatever run. */
export function isCollecting({ collection }: RegistryState): boolean {
  return collection !== null && working.has(collection.phase);
}

/**
 * What the collecting replica says of this run; null when it knows nothing of it, or only of an earlier attempt that failed: its
 * mark is lost.
 */
export function collectionOf(run: Run, { collection }: RegistryState): CollectionState | null {
  if (collection?.run !== run.uid) return null;
  return collection.phase === 'Failed' && collection.attempt !== run.status.attempt ? null : collection;
}

/** Whether the mark that this run made is still there; true for a run that goes without one. */
export function keepsMark(run: Run, state: RegistryState): boolean {
  const { collectorBoot } = run.status;
  if (collectorBoot === undefined) return true;
  const collection = collectionOf(run, state);
  return state.boot === collectorBoot && collection !== null && marked.has(collection.phase);
}
