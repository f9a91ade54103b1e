import type { Cache, Caches } from './caches.ts';
import { isFinished } from './garbage-collection/run.ts';
import { mapped, primary, type Source } from './kube/controller.ts';
import type { KubeObject, ObjectRef } from './kube/resource.ts';
import { instanceLabel } from './resources/labels.ts';

/** What makes a Registry be looked at again: itself, its collections, and whatever carries its name as a label. */
export function registrySources(caches: Caches): Source[] {
  return [
    ...caches.registries.reflectors.map((reflector) => primary(reflector)),
    ...from(caches.garbageCollections, ({ metadata, spec }) => [{ namespace: metadata.namespace, name: spec.registryRef.name }]),
    ...from(caches.configMaps, instanceOf),
    ...from(caches.networkPolicies, instanceOf),
    ...from(caches.persistentVolumeClaims, instanceOf),
    ...from(caches.podDisruptionBudgets, instanceOf),
    ...from(caches.pods, instanceOf),
    ...from(caches.secrets, instanceOf),
    ...from(caches.services, instanceOf),
    ...from(caches.statefulSets, instanceOf),
  ];
}

/** What makes a GarbageCollection be looked at again: itself, the others of its Registry, and what it waits for. */
export function garbageCollectionSources(caches: Caches): Source[] {
  const unfinished = ({ namespace, name }: ObjectRef): ObjectRef[] =>
    caches.garbageCollections.store
      .list(namespace)
      .filter(({ spec, status }) => spec.registryRef.name === name && !isFinished(status?.phase ?? 'Queued'))
      .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name }));
  const ofInstance = (object: KubeObject): ObjectRef[] => instanceOf(object).flatMap(unfinished);
  return [
    ...caches.garbageCollections.reflectors.map((reflector) => primary(reflector)),
    ...from(caches.garbageCollections, ({ metadata, spec }) => unfinished({ namespace: metadata.namespace, name: spec.registryRef.name })),
    ...from(caches.registries, ({ metadata }) => unfinished(metadata)),
    ...from(caches.statefulSets, ofInstance),
    ...from(caches.configMaps, ofInstance),
    ...from(caches.pods, ofInstance),
  ];
}

function from<T extends KubeObject>(cache: Cache<T>, map: (object: T) => readonly ObjectRef[]): Source[] {
  return cache.reflectors.map((reflector) => mapped(reflector, map));
}

function instanceOf({ metadata }: KubeObject): ObjectRef[] {
  const name = metadata.labels?.[instanceLabel];
  return name === undefined ? [] : [{ namespace: metadata.namespace, name }];
}
