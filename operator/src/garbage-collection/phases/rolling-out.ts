import { bounds } from '../bounds.ts';
import type { Observation } from '../observation.ts';
import type { Run } from '../run.ts';
import { type Transition, stay, stepStart } from '../transition.ts';
import { registryNotReady } from './readiness.ts';
import { confirm, giveUp } from './retry.ts';

/**
 * `restart: Rollout` replaces the pods once all is swept and writes are back. It comes on top of the restart in place and not instead
 * of it: a window that lasted as long as a rollout would fail pushes, and one that ended before it would let old workers serve.
 */
export function rollingOut(run: Run, seen: Observation): Transition {
  const rolledOut = seen.registry?.statefulSet?.rolledOutFor === run.uid;
  const waiting = registryNotReady(run, seen, seen.registry);
  if (rolledOut && waiting === null) return confirm(run, seen.now);
  if (seen.now - stepStart(run, seen.now) < run.timeoutMs) return stay(run, bounds.openPoll);
  const message = `The rollout did not end within spec.timeout. ${waiting?.message ?? ''}`.trim();
  return giveUp(run, seen.now, { reason: 'RolloutNotSettled', message });
}
