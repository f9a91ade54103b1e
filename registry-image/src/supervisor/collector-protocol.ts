import type { Config } from '../config/schema.ts';
import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts, CollectionPhase } from '../config/state.ts';

/** What a collector process is to do. */
export type CollectorJob = {
  readonly run: string;
  readonly attempt: number;
} & (
  | {
      /** A mark while writes go on; the process keeps it for the windows of the run, each of which is a `sweep`. */
      readonly kind: 'mark';
      readonly options: CollectionOptions;
    }
  | {
      /** A mark and a sweep of all of it, in the window. */
      readonly kind: 'collect';
      readonly options: CollectionOptions;
      /** Milliseconds since the epoch at which the window ends. */
      readonly deadline: number;
    }
  /** The second mark. */
  | { readonly kind: 'confirm'; readonly options: CollectionOptions }
  /** Puts back what run `from` swept. */
  | { readonly kind: 'restore'; readonly from: string }
);

/** One window of a marked run. */
export interface SweepWindow {
  /** Milliseconds since the epoch at which the window ends. */
  readonly deadline: number;
  /** Milliseconds that may be spent on moving things. */
  readonly budget: number;
}

/** From the supervisor to a collector. */
export type CollectorCommand =
  /** The first one. */
  | { readonly type: 'start'; readonly config: Config; readonly job: CollectorJob }
  /** To a collector that told Marked, or Swept with something remaining. */
  | { readonly type: 'sweep'; readonly window: SweepWindow };

/** What a collector tells, as often as it likes. */
export interface CollectorProgress {
  readonly phase: CollectionPhase;
  /** True from just before the first thing is moved to the trash. */
  readonly touched: boolean;
  readonly counts: Partial<CollectionCounts>;
  readonly remaining?: number;
  /** One sentence; only with phase Failed. */
  readonly message?: string;
}

/** From a collector to the supervisor. */
export type CollectorMessage =
  | { readonly type: 'loaded' }
  | { readonly type: 'progress'; readonly progress: CollectorProgress }
  /** Of a dry run, before Marked: the plan as JSON text. */
  | { readonly type: 'plan'; readonly plan: string };
