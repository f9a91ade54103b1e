import type { Config } from '../config/schema.ts';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts, CollectionPhase } from '../config/state.ts';

/** What a collector process is to do. */
export type CollectorJob = {
  readonly run: string;
  readonly attempt: number;
  readonly options: CollectionOptions;
} & (
  | {
      /** The first mark and the sweep. */
      readonly kind: 'collect';
      /** Milliseconds since the epoch at which the window ends. */
      readonly deadline: number;
    }
  /** The second mark. */
  | { readonly kind: 'confirm' }
);

/** The one message from the supervisor to a collector. */
export interface CollectorStart {
  readonly config: Config;
  readonly job: CollectorJob;
}

/** What a collector tells, as often as it likes. */
export interface CollectorProgress {
  readonly phase: CollectionPhase;
  /** True from just before the first thing is moved to the trash. */
  readonly touched: boolean;
  readonly counts: Partial<CollectionCounts>;
  /** One sentence; only with phase Failed. */
  readonly message?: string;
}

/** From a collector to the supervisor. The last one has phase Swept, Confirmed or Failed. */
export type CollectorMessage =
  { readonly type: 'loaded' } | { readonly type: 'progress'; readonly progress: CollectorProgress };
