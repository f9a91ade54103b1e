import type { CollectionCounts, CollectionPhase } from '../config/state.ts';
import type { StoreContent } from './content.ts';
import type { CollectionPlan } from './plan.ts';

/** What a run tells while it goes on. `touched` is true from before the first thing is moved. */
export interface Progress {
  readonly phase: CollectionPhase;
  /** What this run counts; a second mark tells nothing of what the sweep counted before. */
  readonly counts: Partial<CollectionCounts>;
  readonly touched: boolean;
  /** What is given up and not swept yet; nothing when this run does not count it. */
  readonly remaining?: number;
}

/** Receives the progress of a run; the run waits for a promise before it goes on. */
export type Report = (progress: Progress) => void | Promise<void>;

export function zeroCounts(): CollectionCounts {
  return {
    repositories: 0,
    manifestsMarked: 0,
    blobsMarked: 0,
    manifestsDeleted: 0,
    blobsDeleted: 0,
    layerLinksDeleted: 0,
    tagsRemoved: 0,
    repositoriesRemoved: 0,
    bytesDeleted: 0,
    restored: 0,
    bytesFreed: 0,
    bytesPending: 0,
  };
}

/** What a mark found alive: repositories, revisions in all of them, and distinct digests (manifests included). */
export function markedCounts(content: StoreContent, plan: CollectionPlan): CollectionCounts {
  const counts = zeroCounts();
  counts.blobsMarked = plan.liveBlobs.size;
  for (const [name, repository] of content.repositories) {
    if (repository.inStore) counts.repositories++;
    const live = plan.repositories.get(name)?.live;
    for (const digest of repository.revisions.keys()) if (live?.has(digest)) counts.manifestsMarked++;
  }
  return counts;
}
