import type { CollectionMaintenance } from '../config/maintenance.ts';
import type { CollectionState } from '../config/state.ts';
import type { CollectorJob, SweepWindow } from './collector-protocol.ts';
import { longestWindow } from './maintenance-window.ts';

/** What this replica is to do for a collection now. */
export interface CollectionOrder {
  readonly job: CollectorJob;
  /** Of a job to collect: what a collector does that keeps a mark of the run. */
  readonly window?: SweepWindow;
}

export interface CollectionScene {
  readonly pod: string;
  /** Of this supervisor. */
  readonly boot: string;
  /** Nonce of the last restart. */
  readonly restart: string | undefined;
  /** open: writes are as the user wants them and there is no window; closed: no commit section runs and a window is active. */
  readonly gate: 'open' | 'closed' | 'changing';
  /** Milliseconds since the epoch at which the window ends. */
  readonly deadline: number;
  readonly state: CollectionState | null;
}

/** Reads from `collection.json` what the replica of this scene is to do; undefined: nothing, or not yet. */
export function collectionOrder(
  maintenance: CollectionMaintenance,
  scene: CollectionScene,
): CollectionOrder | undefined {
  if (scene.gate === 'closed') return sweepOrder(maintenance, scene);
  if (scene.gate === 'open') return openOrder(maintenance, scene);
  return undefined;
}

function sweepOrder(
  { run, attempt, collect }: CollectionMaintenance,
  { pod, boot, restart, deadline }: CollectionScene,
): CollectionOrder | undefined {
  if (collect?.pod !== pod || (collect.solo?.boot ?? boot) !== boot) return undefined;
  // What is swept after the restart would stay in the workers' caches.
  if (collect.solo && collect.solo.restart === restart) return undefined;
  const { options, budget = longestWindow } = collect;
  return { job: { kind: 'collect', run, attempt, options, deadline }, window: { deadline, budget } };
}

function openOrder(
  { run, attempt, mark, window, confirm, restore, restart }: CollectionMaintenance,
  { pod, state }: CollectionScene,
): CollectionOrder | undefined {
  if (confirm?.pod === pod) return { job: { kind: 'confirm', run, attempt, options: confirm.options } };
  if (restore?.pod === pod) return { job: { kind: 'restore', run, attempt, from: restore.from } };
  // Not between a window and what follows it, and not again when the run has its mark here.
  const isMarked = state?.run === run && state.phase !== 'Failed';
  if (mark?.pod !== pod || window !== undefined || restart !== undefined || isMarked) return undefined;
  return { job: { kind: 'mark', run, attempt, options: mark.options } };
}
