import type { RegistryStatus } from '../api/registry-status.ts';
import type { Condition } from '../api/condition.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventFacts } from '../kube/events.ts';

/** The Event that tells a change of StorageReady, if that is worth one. */
export function storageEvent(before: RegistryStatus, after: RegistryStatus): EventFacts | undefined {
  const is = conditionOf(after, 'StorageReady');
  if (is === undefined || is.message === '' || is.status === 'Unknown') return undefined;
  // What is the matter with Ready too has been told.
  if (conditionOf(after, 'Ready')?.message === is.message) return undefined;
  if (isSame(conditionOf(before, 'StorageReady'), is)) return undefined;
  const type = is.status === 'False' || is.reason === 'NearlyFull' ? 'Warning' : 'Normal';
  return { type, reason: is.reason, action: 'Store', note: is.message };
}

function isSame(was: Condition | undefined, is: Condition): boolean {
  return was?.reason === is.reason && (was.message === is.message || is.status === 'True');
}

function conditionOf({ conditions = [] }: RegistryStatus, type: string): Condition | undefined {
  return findCondition(conditions, type);
}
