import type { Condition } from '../api/condition.ts';
import type { RunStatus } from './run.ts';
import type { Waiting } from './transition.ts';

export type DesiredCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * The conditions of a run. Succeeded is the outcome; Ready, Reconciling and Stalled are what kstatus reads: a run that
 * succeeded is Ready, one that failed (or waits for something that only a person can give) is Stalled.
 */
export function conditionsOf(
  status: RunStatus,
  message: string,
  waiting: Waiting | undefined,
): DesiredCondition[] {
  if (status.phase === 'Succeeded') return list('True', 'False', 'False', 'Completed', message);
  if (status.phase === 'Failed')
    return list('False', 'False', 'True', status.failure?.reason ?? 'Failed', message);
  if (waiting === undefined) return list('Unknown', 'True', 'False', status.phase, message);
  const stalled = waiting.stalled ? 'True' : 'False';
  return list('Unknown', waiting.stalled ? 'False' : 'True', stalled, waiting.reason, message);
}

type Truth = DesiredCondition['status'];

function list(
  succeeded: Truth,
  reconciling: Truth,
  stalled: Truth,
  reason: string,
  message: string,
): DesiredCondition[] {
  return [
    { type: 'Succeeded', status: succeeded, reason, message },
    { type: 'Ready', status: succeeded === 'True' ? 'True' : 'False', reason, message },
    { type: 'Reconciling', status: reconciling, reason, message },
    { type: 'Stalled', status: stalled, reason, message },
  ];
}
