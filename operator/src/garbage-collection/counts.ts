import type { CollectionCounts } from '@wharfinger/registry/config';

/** What a sweep counts, before it. */
export const nothingDeleted = {
  manifestsDeleted: 0,
  blobsDeleted: 0,
  layerLinksDeleted: 0,
  tagsRemoved: 0,
  repositoriesRemoved: 0,
  bytesDeleted: 0,
} satisfies Partial<CollectionCounts>;

/**
 * The counts of a run. Its collector counts what it swept in all windows with the mark that it keeps; what was swept with earlier marks
 * is added.
 */
export function addedCounts(earlier: CollectionCounts | undefined, now: CollectionCounts): CollectionCounts {
  if (earlier === undefined) return now;
  const sum = (field: keyof typeof nothingDeleted): number => earlier[field] + now[field];
  return {
    ...now,
    manifestsDeleted: sum('manifestsDeleted'),
    blobsDeleted: sum('blobsDeleted'),
    layerLinksDeleted: sum('layerLinksDeleted'),
    tagsRemoved: sum('tagsRemoved'),
    repositoriesRemoved: sum('repositoriesRemoved'),
    bytesDeleted: sum('bytesDeleted'),
  };
}
