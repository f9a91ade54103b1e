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
  let last: { run: string; attempt: number; milliseconds: number; end: number } | undefined;
  return {
    begin(maintenance) {
      if (maintenance)
        begun ??= { run: maintenance.run, attempt: maintenance.attempt, at: clock.monotonic() };
    },
    end() {
      if (!begun) return;
      const { run, attempt, at } = begun;
      const end = clock.monotonic();
      last = { run, attempt, milliseconds: Math.round(end - at), end };
      begun = undefined;
    },
    get last() {
      if (!last) return null;
      const { end, ...pause } = last;
      return { ...pause, sinceEnd: Math.round(clock.monotonic() - end) };
    },
  };
}
