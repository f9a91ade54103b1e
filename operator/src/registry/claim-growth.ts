import { quantityValue } from '../api/quantity.ts';
import type { PersistentVolumeClaim } from '../kube/builtin-kinds.ts';
import { ApiError } from '../kube/errors.ts';
import { type Problem, stalled } from './problem.ts';

/** How far the expansion of a claim is. */
export interface Growth {
  /** As the claim's own condition says it. */
  readonly reason: 'Resizing' | 'FileSystemResizePending';
  readonly message: string;
  /** Set when somebody has to help. */
  readonly problem?: Problem;
}

const field = 'spec.storage.filesystem.volume.size';
const failures = ['ControllerResizeError', 'NodeResizeError'];

/**
 * The expansion that a claim is in, or undefined when there is none.
 * @param asked what the claim asks for @param wanted what the Registry asks for: Kubernetes may not let the claim go back to it
 */
export function growthOf(
  { metadata, status }: PersistentVolumeClaim,
  asked: string,
  wanted: string,
): Growth | undefined {
  const capacity = status?.capacity?.['storage'];
  if (capacity === undefined || quantityValue(capacity) >= quantityValue(asked)) return undefined;
  const way = `the volume grows from ${capacity} to ${asked}`;
  const failure = failureOf(status) ?? (quantityValue(wanted) <= quantityValue(capacity) ? '' : undefined);
  if (failure !== undefined) {
    const told = failure && `: ${failure}`;
    const message = `${field}: claim ${metadata.name} could not grow from ${capacity} to ${asked}${told}; make that possible on the storage, or set a size above ${capacity} that is`;
    const problem = { ...stalled('ExpansionFailed', message), about: 'storage', serves: true } as const;
    return { reason: 'Resizing', message: way, problem };
  }
  if (conditionOf(status, ['FileSystemResizePending'])) {
    const message = `${way}; its file system is still to be grown on the node of a pod that uses it`;
    return { reason: 'FileSystemResizePending', message };
  }
  return { reason: 'Resizing', message: way };
}

type ClaimStatus = PersistentVolumeClaim['status'];

/** What the storage says of an expansion that it cannot do, perhaps nothing; undefined when it says no such thing. */
function failureOf(status: ClaimStatus): string | undefined {
  const failed = conditionOf(status, failures);
  if (failed) return failed.message ?? '';
  return status?.allocatedResourceStatuses?.['storage']?.endsWith('Infeasible') ? '' : undefined;
}

function conditionOf(
  status: ClaimStatus,
  types: readonly string[],
): NonNullable<NonNullable<ClaimStatus>['conditions']>[number] | undefined {
  return status?.conditions?.find((each) => each.status === 'True' && types.includes(each.type));
}

/** The problem behind an API server that did not let a claim grow; undefined when the error is about something else. */
export function refusedGrowth(
  error: unknown,
  live: PersistentVolumeClaim,
  wanted: string,
): Problem | undefined {
  const held = live.spec?.resources?.requests?.['storage'];
  if (!(error instanceof ApiError) || (error.code !== 403 && error.code !== 422)) return undefined;
  if (held === undefined || quantityValue(wanted) === quantityValue(held)) return undefined;
  const { name } = live.metadata;
  const storageClass = live.spec?.storageClassName;
  // The sentence of the admission plugin PersistentVolumeClaimResize.
  const message = error.message.includes('must support resize')
    ? `${field}: claim ${name} stays at ${held}, because its StorageClass ${storageClass || '(none)'} does not allow expansion; set allowVolumeExpansion: true there, or set size back to ${held}`
    : `${field}: claim ${name} stays at ${held}, because the API server refused ${wanted}: ${error.message}`;
  const reason = error.message.includes('must support resize') ? 'ExpansionNotAllowed' : 'ExpansionRefused';
  return { ...stalled(reason, message), about: 'storage', serves: true };
}
