import { CollectionMaintenance, collectionFile } from '@wharfinger/registry/config';
import type { Registry } from '../api/registry.ts';
import type { ConfigMap, StatefulSet } from '../kube/builtin-kinds.ts';
import { isConditionTrue } from '../kube/conditions.ts';
import { rolloutAnnotation } from '../resources/labels.ts';
import type { RegistryView } from './observation.ts';

export interface RegistryObjects {
  registry: Registry | undefined;
  statefulSet: StatefulSet | undefined;
  maintenance: ConfigMap | undefined;
}

/** What a run needs to know of a Registry and what belongs to it; null when it is gone or going. */
export function registryView(objects: RegistryObjects): RegistryView | null {
  const { registry, statefulSet, maintenance } = objects;
  if (registry === undefined || registry.metadata.deletionTimestamp !== undefined) return null;
  const { uid, generation } = registry.metadata;
  const handled = registry.status?.observedGeneration === generation;
  return {
    uid,
    ready: handled && isConditionTrue(registry.status?.conditions ?? [], 'Ready'),
    suspended: registry.spec.suspend,
    statefulSet:
      statefulSet === undefined
        ? undefined
        : {
            replicas: desired(statefulSet),
            settled: isSettled(statefulSet),
            rolledOutFor: statefulSet.spec?.template.metadata?.annotations?.[rolloutAnnotation] ?? '',
          },
    collectionRun: runOfText(maintenance?.data?.[collectionFile]),
  };
}

/** Settled: the controller has seen the newest template, and every pod of it is there and ready. */
function isSettled(statefulSet: StatefulSet): boolean {
  const { status, metadata } = statefulSet;
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas];
  return (
    counts.every((count) => count === desired(statefulSet)) &&
    status.currentRevision === status.updateRevision
  );
}

function desired(statefulSet: StatefulSet): number {
  return statefulSet.spec?.replicas ?? 1;
}

function runOfText(text: string | undefined): string {
  if (text === undefined) return '';
  try {
    return CollectionMaintenance.parse(JSON.parse(text)).run;
  } catch {
    return 'unreadable';
  }
}
