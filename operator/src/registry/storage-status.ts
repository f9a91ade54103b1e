import type { StorageStatus } from '../api/registry-status.ts';
import { formatBytes } from '../bytes.ts';
import type { VolumeFacts } from './steps/volume.ts';
import { type StorageFacts, usedPercent as percentOf } from './storage-survey.ts';

/** `status.storage`: as it was until what is used has changed by a hundredth, so that it is seldom written. */
export function storageStatus(
  before: StorageStatus | undefined,
  volume: VolumeFacts | undefined,
  { space }: StorageFacts,
): StorageStatus | undefined {
  const capacity = volume === undefined ? before?.capacity : volume.capacity;
  if (space === undefined || space.total <= 0) {
    const { capacity: _, ...known } = before ?? {};
    return capacity === undefined && Object.keys(known).length === 0 ? undefined : { ...known, capacity };
  }
  const usedBytes = space.total - space.free;
  const usedPercent = percentOf(space);
  if (before !== undefined && before.sizeBytes === space.total && before.usedPercent === usedPercent)
    return { ...before, capacity };
  return { capacity, used: formatBytes(usedBytes), usedPercent, usedBytes, sizeBytes: space.total };
}
