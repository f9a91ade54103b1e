import type { CollectionCounts } from '@wharfinger/registry/config';
import { bounds } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation } from '../observation.ts';
import type { Run } from '../run.ts';
import { choosePod, isFit } from './chosen-pod.ts';
import { type Transition, stay, stepStart } from '../transition.ts';
import { abandon, finish } from './outcome.ts';
import { hasAttemptsLeft } from './retry.ts';

/** The second mark, with writes on: only what it finds dead is freed. A pod that is lost hands it to another. */
export function confirming(run: Run, seen: Observation): Transition {
  if (seen.now - stepStart(run, seen.now) >= run.timeoutMs) {
    return abandon(run, seen.now, notConfirmed(run, 'it did not end within spec.timeout'));
  }
  const pod = seen.replicas.find((replica) => replica.pod === run.status.confirmingPod);
  if (pod === undefined || !isFit(pod)) {
    return mayStillSweep(run, seen) ? stay(run, bounds.openPoll) : choosePod(run, seen, 'confirmingPod');
  }
  const { state } = pod;
  if (state === null || state.observed.collection !== collectionHash(run)) return stay(run, bounds.openPoll);
  const { collection } = state;
  if (collection?.run !== run.uid || collection.attempt !== run.status.attempt)
    return stay(run, bounds.openPoll);
  if (collection.phase === 'Confirmed') return confirmed(run, seen, collection.counts);
  if (collection.phase !== 'Failed') return stay(run, bounds.openPoll);
  if (collection.died === true && hasAttemptsLeft(run)) return tryAgain(run);
  return abandon(run, seen.now, notConfirmed(run, collection.message ?? `pod ${pod.pod} gave no reason`));
}

/** A second mark may be killed and made again at any point; another attempt, so that the answer of the first is not taken for its own. */
function tryAgain({ status }: Run): Transition {
  const { attempt = 0, failedAttempts = 0 } = status;
  const next = { ...status, attempt: attempt + 1, failedAttempts: failedAttempts + 1 };
  return { status: next, events: [], requeueAfterMs: 0 };
}

/** A collector that does not answer stops at the window's deadline at the latest: two must never work at once. */
function mayStillSweep(run: Run, seen: Observation): boolean {
  const { failure, windowDeadline } = run.status;
  if (failure === undefined || windowDeadline === undefined || seen.now > Date.parse(windowDeadline))
    return false;
  const collector = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  if (collector === undefined || collector.state === null) return true;
  const phase = collector.state.collection?.phase;
  return phase === 'Marking' || phase === 'Sweeping';
}

function confirmed(run: Run, seen: Observation, counts: CollectionCounts): Transition {
  const { restored, bytesFreed, bytesPending, repositoriesRemoved } = counts;
  const told = { restored, bytesFreed, bytesPending, repositoriesRemoved };
  const merged = { ...(run.status.counts ?? counts), ...told };
  const end = finish({ ...run, status: { ...run.status, counts: merged } }, seen.now);
  if (restored === 0) return end;
  const message = `The second mark found ${restored} swept blobs or manifests in use and put them back.`;
  return { ...end, events: [{ type: 'Warning', reason: 'Restored', message }, ...end.events] };
}

function notConfirmed(run: Run, why: string): { reason: string; message: string } {
  const trash = `.wharfinger/trash/${run.uid}-*`;
  const message = `The second mark did not succeed (${why}); what was swept is kept on the storage in ${trash} until another run checks it.`;
  return { reason: 'NotConfirmed', message: message.slice(0, 1024) };
}
