import type { LastCollection } from '../api/registry-status.ts';
import type { ServedGarbageCollection } from './kind.ts';

/** The garbage collection of this Registry that ended last, or undefined. */
export function lastCollection(
  collections: readonly ServedGarbageCollection[],
  registry: string,
): LastCollection | undefined {
  const ended = collections
    .filter(({ spec, status }) => spec.registryRef.name === registry && status?.completionTime !== undefined)
    .sort((one, other) => (completion(one) < completion(other) ? 1 : -1));
  const [latest] = ended;
  if (latest === undefined) return undefined;
  const { phase = '', completionTime, freed } = latest.status ?? {};
  return { name: latest.metadata.name, phase, completionTime, ...(freed === undefined ? {} : { freed }) };
}

function completion({ status }: ServedGarbageCollection): string {
  return status?.completionTime ?? '';
}
