import { bounds } from '../bounds.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run, RunStatus } from '../run.ts';
import { type Transition, stay } from '../transition.ts';

/** Names a ready pod that answers in the status: the first replica if it is one, so that its warm caches serve. */
export function choosePod(run: Run, seen: Observation, field: 'collectorPod' | 'confirmingPod'): Transition {
  const fit = seen.replicas.filter((replica) => isFit(replica) && replica.state !== null);
  const preferred = run.status.collectorPod ?? `${run.registry}-0`;
  const chosen = fit.find((replica) => replica.pod === preferred) ?? fit[0];
  if (chosen === undefined) return stay(run, bounds.openPoll);
  const status: RunStatus = { ...run.status, [field]: chosen.pod };
  return { status, events: [], requeueAfterMs: 0 };
}

export function isFit(replica: Replica): boolean {
  return replica.ready && !replica.terminating;
}
