import type { CollectionMaintenance } from '../config/maintenance.ts';
import type { CollectionState } from '../config/state.ts';

/** What follows the sweep of a replica that goes through its window by itself. */
export interface SoloEnd {
  /** Nonce of the restart that comes before the window may end; none when nothing was moved. */
  readonly restart?: string;
}

/**
 * Reads whether the supervisor of this boot has come, in a window that it goes through by itself (`collect.solo`), to the end of its sweep,
 * and what follows; undefined: there is no such window, or the sweep is not over.
 */
export function soloEnd(
  { run, attempt, collect }: CollectionMaintenance,
  boot: string,
  state: CollectionState | null,
): SoloEnd | undefined {
  if (collect?.solo?.boot !== boot || state?.run !== run || state.attempt !== attempt) return undefined;
  if (state.phase !== 'Swept' && state.phase !== 'Failed') return undefined;
  return state.touched ? { restart: collect.solo.restart } : {};
}
