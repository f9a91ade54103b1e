import { bounds } from '../bounds.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run } from '../run.ts';
import { stepStart } from '../transition.ts';

/**
 * Whether the run goes on without this replica's word: it has been silent for too long in this step, or its answers
 * outlasted the window's deadline. Either way its supervisor ends the window by itself.
 */
export function isGivenUp(run: Run, seen: Observation, replica: Replica): boolean {
  const begun = stepStart(run, seen.now);
  if (replica.state === null) {
    return seen.now - Math.max(begun, replica.silentSince ?? seen.now) >= bounds.silence;
  }
  const deadline = Date.parse(run.status.windowDeadline ?? '');
  return seen.now > Math.max(deadline, begun) + bounds.deadlineGrace;
}
