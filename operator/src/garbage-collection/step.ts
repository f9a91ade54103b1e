import type { GarbageCollectionPhase } from '../api/garbage-collection-status.ts';
import type { Observation } from './observation.ts';
import { confirming } from './phases/confirming.ts';
import { enteringReadOnly } from './phases/entering-read-only.ts';
import { marking } from './phases/marking.ts';
import { abandon } from './phases/outcome.ts';
import { queued } from './phases/queued.ts';
import { restarting } from './phases/restarting.ts';
import { restoringWrites } from './phases/restoring-writes.ts';
import { restoring } from './phases/restoring.ts';
import { giveUp } from './phases/retry.ts';
import { rollingOut } from './phases/rolling-out.ts';
import { giveBack, sweeping } from './phases/sweeping.ts';
import { isActive, isSolo, type Run } from './run.ts';
import { type Transition, failOver } from './transition.ts';

/**
 * The next status of a run, from its stored status and what is seen now. The caller stores the status first and then
 * makes `collection.json` say what `collectionDocument` derives from it: killed anywhere, a run goes on from its status.
 */
export function step(run: Run, seen: Observation): Transition {
  if (isActive(run.status.phase) && seen.registry?.uid !== run.status.registryUID) {
    const message = `Registry ${run.registry} was deleted while it was collected.`;
    return abandon(run, seen.now, { reason: 'RegistryDeleted', message });
  }
  return run.deleting ? deleted(run, seen) : advance(run, seen);
}

type Phase = (run: Run, seen: Observation) => Transition;

const phases: Readonly<Record<GarbageCollectionPhase, Phase>> = {
  Queued: queued,
  Marking: marking,
  EnteringReadOnly: enteringReadOnly,
  Sweeping: sweeping,
  Restarting: restarting,
  RestoringWrites: restoringWrites,
  RollingOut: rollingOut,
  Confirming: confirming,
  Restoring: restoring,
  Succeeded: over,
  Failed: over,
};

function advance(run: Run, seen: Observation): Transition {
  return phases[run.status.phase](run, seen);
}

function over(run: Run): Transition {
  return { status: run.status, events: [], requeueAfterMs: null };
}

/** A run deleted under way gives the registry back as after a failure; later steps are those of giving back anyway. */
function deleted(run: Run, seen: Observation): Transition {
  const failure = { reason: 'Deleted', message: 'The GarbageCollection was deleted while it was under way.' };
  const { phase } = run.status;
  if (phase === 'Marking' || phase === 'RollingOut') return giveUp(run, seen.now, failure);
  if (phase === 'EnteringReadOnly' && !isSolo(run)) {
    return failOver(run, 'RestoringWrites', seen.now, { failure, changes: {} });
  }
  if (phase === 'Sweeping' || phase === 'EnteringReadOnly')
    return giveBack(run, seen, failure, !run.options.dryRun);
  return advance(run, seen);
}
