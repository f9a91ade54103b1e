import type { CollectionPhase, RegistryState } from '@wharfinger/registry/config';

const working: ReadonlySet<CollectionPhase> = new Set(['Marking', 'Sweeping', 'Confirming']);

/** Whether a collector works in this replica, for whatever run. */
export function isCollecting({ collection }: RegistryState): boolean {
  return collection !== null && working.has(collection.phase);
}
