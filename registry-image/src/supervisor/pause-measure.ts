import type { CollectionMaintenance } from '../config/maintenance.ts';
import type { RegistryState } from '../config/state.ts';
import type { Clock } from './maintenance-window.ts';

/** Measures for how long windows hold writes: from the first one that may be held until none is. */
export interface PauseMeasure {
  /** Writes may be held from now on, because of this. */
  begin(maintenance: CollectionMaintenance | null): void;
  /** No write is held any more; nothing unless a pause was begun. */
  end(): void;
  readonly last: NonNullable<RegistryState['lastPause']> | null;
}

export function createPauseMeasure(clock: Pick<Clock, 'monotonic'>): PauseMeasure {
  let begun: { run: string; attempt: number; at: number } | undefined;
  let last: PauseMeasure['last'] = null;
  return {
    begin(maintenance) {
      if (maintenance)
        begun ??= { run: maintenance.run, attempt: maintenance.attempt, at: clock.monotonic() };
    },
    end() {
      if (!begun) return;
      const { run, attempt, at } = begun;
      last = { run, attempt, milliseconds: Math.round(clock.monotonic() - at) };
      begun = undefined;
    },
    get last() {
      return last;
    },
  };
}
