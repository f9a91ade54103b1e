import type { Registry } from '../../api/registry.ts';
import type { RegistryGarbageCollection } from '../../api/registry-garbage-collection.ts';
import type { Manifest } from '../../kube/resource.ts';
import { scheduledAnnotation } from '../../resources/labels.ts';
import { ownedMetadata } from '../../resources/owned-metadata.ts';
import type { ServedGarbageCollection } from '../kind.ts';
import { isOwned } from '../ownership.ts';
import { timeText } from './due-time.ts';

/**
 * The GarbageCollection for a time of the schedule. Its name follows from the time, so that an operator that takes over before the
 * time was written down creates no second one.
 */
export function scheduledRun(
  registry: Registry,
  template: RegistryGarbageCollection['template'],
  time: number,
): Manifest {
  const stamp = timeText(time)
    .slice(0, 16)
    .replaceAll(/[^0-9]/g, '');
  const metadata = ownedMetadata(registry, `${registry.metadata.name}-${stamp}`);
  return {
    metadata: { ...metadata, annotations: { [scheduledAnnotation]: timeText(time) } },
    spec: { registryRef: { name: registry.metadata.name }, ...template },
  };
}

/** Those of these GarbageCollections that this Registry's schedule made. */
export function madeBySchedule(
  collections: readonly ServedGarbageCollection[],
  registry: Registry,
): ServedGarbageCollection[] {
  return collections.filter((run) => scheduledTime(run) !== '' && isOwned(run, registry));
}

/** Whether a run may still do something. */
export function isUnfinished({ status, metadata }: ServedGarbageCollection): boolean {
  return !isEnded(status?.phase) && metadata.deletionTimestamp === undefined;
}

/**
 * Runs of the schedule that ended and are more than the limits keep, whatever of them is older. One whose time is not written down yet
 * stays: its name keeps it from being made twice.
 */
export function surplusRuns(
  made: readonly ServedGarbageCollection[],
  limits: Pick<RegistryGarbageCollection, 'successfulRunsHistoryLimit' | 'failedRunsHistoryLimit'>,
  lastScheduleTime: string | undefined,
): ServedGarbageCollection[] {
  const known = made
    .filter(
      (run) => scheduledTime(run) <= (lastScheduleTime ?? '') && run.metadata.deletionTimestamp === undefined,
    )
    .sort((one, other) => (scheduledTime(one) < scheduledTime(other) ? 1 : -1));
  const ended = (phase: string): ServedGarbageCollection[] =>
    known.filter(({ status }) => status?.phase === phase);
  return [
    ...ended('Succeeded').slice(limits.successfulRunsHistoryLimit),
    ...ended('Failed').slice(limits.failedRunsHistoryLimit),
  ];
}

function isEnded(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function scheduledTime({ metadata }: ServedGarbageCollection): string {
  return metadata.annotations?.[scheduledAnnotation] ?? '';
}
