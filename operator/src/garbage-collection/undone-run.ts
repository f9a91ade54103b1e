import type { Sibling } from './observation.ts';
import { isFinished } from './run.ts';
import type { Failure } from './transition.ts';

const uidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which run `spec.restoreFrom` means: that of the name, or the UID itself when its object is gone. */
export function undoneRun(
  restoreFrom: string,
  registry: string,
  siblings: readonly Sibling[],
): { uid: string } | { failure: Failure } {
  const sibling = siblings.find(({ name, uid }) => name === restoreFrom || uid === restoreFrom);
  if (sibling !== undefined && isFinished(sibling.phase)) return { uid: sibling.uid };
  if (sibling !== undefined) {
    const message = `spec.restoreFrom: GarbageCollection ${restoreFrom} has not run yet; delete it instead.`;
    return { failure: { reason: 'NothingToRestore', message } };
  }
  if (uidForm.test(restoreFrom)) return { uid: restoreFrom };
  const message = `spec.restoreFrom: there is no GarbageCollection ${JSON.stringify(restoreFrom)} of Registry ${registry}; give its UID if it was deleted.`;
  return { failure: { reason: 'NothingToRestore', message } };
}
