import { bounds } from '../bounds.ts';
import { collectionHash } from '../document.ts';
import type { Observation } from '../observation.ts';
import type { Run } from '../run.ts';
import { type Transition, stay, stepStart } from '../transition.ts';
import { choosePod, isFit } from './chosen-pod.ts';
import { isCollecting } from './collecting.ts';
import { abandon, finish } from './outcome.ts';

/** One replica puts back what an earlier run swept, with writes on. A pod that is lost hands it to another. */
export function restoring(run: Run, seen: Observation): Transition {
  if (seen.now - stepStart(run, seen.now) >= run.timeoutMs) {
    return notRestored(run, seen, 'it did not end within spec.timeout.');
  }
  const pod = seen.replicas.find((replica) => replica.pod === run.status.collectorPod);
  if (pod === undefined || !isFit(pod)) return choosePod(run, seen, 'collectorPod');
  const { state } = pod;
  if (state === null || state.observed.collection !== collectionHash(run)) return stay(run, bounds.openPoll);
  const { collection } = state;
  if (collection?.run !== run.uid) {
    const isLate = !isCollecting(state) && seen.now - stepStart(run, seen.now) >= bounds.takeUp;
    if (!isLate) return stay(run, bounds.openPoll);
    return notRestored(run, seen, `the registry on pod ${pod.pod} knows no restoring; update its image.`);
  }
  if (collection.phase === 'Restored') {
    return finish({ ...run, status: { ...run.status, counts: collection.counts } }, seen.now);
  }
  if (collection.phase !== 'Failed') return stay(run, bounds.openPoll);
  return notRestored(run, seen, collection.message ?? `pod ${pod.pod} gave no reason.`);
}

function notRestored(run: Run, seen: Observation, why: string): Transition {
  const message = `Could not restore what ${run.restoreFrom} deleted: ${why}`.slice(0, 1024);
  return abandon(run, seen.now, { reason: 'NotRestored', message });
}
