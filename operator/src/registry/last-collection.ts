import type { LastCollection } from '../api/registry-status.ts';
import type { ServedGarbageCollection } from './kind.ts';

/**
 * The garbage collection of this Registry that ended last, or undefined. Those that collect nothing, dry runs and restores, do not
 * count. What is known from before stays when its object is gone.
 */
export function lastCollection(
  collections: readonly ServedGarbageCollection[],
  registry: string,
  before: LastCollection | undefined,
): LastCollection | undefined {
  const ended = collections
    .filter(
      ({ spec }) => spec.registryRef.name === registry && !spec.dryRun && spec.restoreFrom === undefined,
    )
    .map(told)
    .filter((collection) => collection !== undefined);
  return [...ended, ...(before === undefined ? [] : [before])].sort(latestFirst)[0];
}

function told({ metadata, status }: ServedGarbageCollection): LastCollection | undefined {
  const { phase, completionTime, freed, pending } = status ?? {};
  if (phase === undefined || completionTime === undefined) return undefined;
  return {
    name: metadata.name,
    phase,
    completionTime,
    ...(freed === undefined ? {} : { freed }),
    ...(pending === undefined ? {} : { pending }),
  };
}

/** Of equal times the first stays first: an object knows better than what is remembered of it. */
function latestFirst(one: LastCollection, other: LastCollection): number {
  return Date.parse(other.completionTime ?? '') - Date.parse(one.completionTime ?? '');
}
