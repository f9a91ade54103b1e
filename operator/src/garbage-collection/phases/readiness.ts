import { bounds } from '../bounds.ts';
import type { Observation, RegistryView } from '../observation.ts';
import type { Run } from '../run.ts';
import { isoTime, type Waiting } from '../transition.ts';

/** Why no window can open now: it needs a Ready Registry with a settled StatefulSet. Null when one can. */
export function registryNotReady(run: Run, seen: Observation, registry: RegistryView | null): Waiting | null {
  if (registry?.statefulSet?.replicas === 0) {
    return wait('NoReplicas', `Waits for a pod: Registry ${run.registry} has spec.replicas 0.`);
  }
  const present = seen.replicas.filter((replica) => replica.ready && !replica.terminating).length;
  const settled = registry?.statefulSet?.settled === true && present === registry.statefulSet.replicas;
  if (registry?.ready === true && settled && seen.replicas.length === present) return null;
  return wait('RegistryNotReady', `Waits for Registry ${run.registry} to be Ready with all its replicas.`);
}

/**
 * Why nothing may be swept although the Registry is ready: one replica does not find another on its storage, so that what one marks is
 * not what the other serves. Null when none says so; earlier releases do not tell what they find. Replicas that have just started
 * need a moment, so it is for a person only after a while.
 */
export function storesApart(run: Run, seen: Observation): Waiting | null {
  const told = seen.replicas.filter(({ state }) => state?.members !== undefined);
  for (const { pod, state } of told) {
    const missed = told.find((other) => !state?.members?.includes(other.state?.boot ?? ''));
    if (missed === undefined) continue;
    const message = `The replicas of Registry ${run.registry} do not see one store (${pod} does not find ${missed.pod} on its storage): storage must be ReadWriteMany and the same for all.`;
    const waited = seen.now - Date.parse(run.status.startTime ?? isoTime(seen.now));
    return { reason: 'StoresApart', message, stalled: waited >= bounds.recovery };
  }
  return null;
}

/** A replica that failed an attempt seldom comes back soon, and the run should say so while somebody looks. */
export function isOutOfOrder(run: Run, seen: Observation, waiting: Waiting): boolean {
  const ended = lastWindowEnd(run);
  if (waiting.reason !== 'RegistryNotReady' || ended === undefined) return false;
  return seen.now - ended >= bounds.recovery;
}

/** When writes were back after the last window, in milliseconds since the epoch; undefined before the first. */
export function lastWindowEnd(run: Run): number | undefined {
  const ended = run.status.steps?.findLast((step) => step.name === 'RestoringWrites')?.completionTime;
  return ended === undefined ? undefined : Date.parse(ended);
}

/** Milliseconds since writes were held last, for this run or an earlier one, as far as that is known; else infinite. */
export function sinceLastWindow(run: Run, { now, replicas }: Observation): number {
  const own = now - (lastWindowEnd(run) ?? Number.NEGATIVE_INFINITY);
  return Math.min(
    own,
    ...replicas.map(({ state }) => state?.lastPause?.sinceEnd ?? Number.POSITIVE_INFINITY),
  );
}

export function wait(reason: string, message: string): Waiting {
  return { reason, message, stalled: false };
}
