import { bounds } from '../bounds.ts';
import type { Observation, Replica } from '../observation.ts';
import { type Run, isSolo } from '../run.ts';
import { type Transition, enter, failOver, stay } from '../transition.ts';
import { isGivenUp } from './given-up.ts';

/**
 * Done when on every replica every worker that takes requests was forked after the nonce: none remembers what was swept.
 * A pod that terminates, or that is not there yet, has no such worker either.
 */
export function restarting(run: Run, seen: Observation): Transition {
  if (isSolo(run) && !isAlone(run, seen))
    return { status: { ...run.status, solo: false }, events: [], requeueAfterMs: 0 };
  const waiting = seen.replicas.filter((replica) => !isRestarted(replica, run.status.restartNonce));
  if (waiting.length === 0) return enter(run, 'RestoringWrites', seen.now, {});
  const lost = waiting.find((replica) => isGivenUp(run, seen, replica));
  if (lost === undefined || !waiting.every((replica) => isGivenUp(run, seen, replica)))
    return stay(run, bounds.windowPoll);
  const why =
    lost.state === null ? `it does not answer (${lost.error})` : 'some serve longer than the window may last';
  const message = `The serving processes of pod ${lost.pod} were not all replaced: ${why}; delete the pod to replace it.`;
  return failOver(run, 'RestoringWrites', seen.now, {
    failure: { reason: 'ReplicaNotRestarted', message },
    changes: {},
  });
}

/** Whoever has come since, and a supervisor that was started anew, knows nothing of the restart. */
function isAlone({ status }: Run, { replicas }: Observation): boolean {
  const [confirmed] = status.pods ?? [];
  return replicas.every(({ pod, state }) => {
    return pod === confirmed?.name && (state === null || state.boot === confirmed.boot);
  });
}

function isRestarted(replica: Replica, nonce: string | undefined): boolean {
  if (replica.terminating) return true;
  const restart = replica.state?.restart ?? null;
  return restart !== null && restart.nonce === nonce && restart.done;
}
