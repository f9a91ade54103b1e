import type { Registry } from '../api/registry.ts';
import type { ConfigMap, Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import { mapped, primary, type Source } from '../kube/controller.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import { instanceLabel } from '../resources/labels.ts';
import type { ServedGarbageCollection } from './kind.ts';
import { isFinished } from './run.ts';

export interface GarbageCollectionReflectors {
  readonly registries: Reflector<Registry & KubeObject>;
  readonly garbageCollections: Reflector<ServedGarbageCollection>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly pods: Reflector<Pod>;
  readonly statefulSets: Reflector<StatefulSet>;
}

/** What makes a GarbageCollection be looked at again: itself, the others of its Registry, and what it waits for. */
export function garbageCollectionSources(reflectors: GarbageCollectionReflectors): Source[] {
  const { store } = reflectors.garbageCollections;

  function unfinished(namespace: string | undefined, registry: string): ObjectRef[] {
    return store
      .list(namespace)
      .filter(
        ({ spec, status }) => spec.registryRef.name === registry && !isFinished(status?.phase ?? 'Queued'),
      )
      .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name }));
  }

  function ofInstance({ metadata }: KubeObject): ObjectRef[] {
    const name = metadata.labels?.[instanceLabel];
    return name === undefined ? [] : unfinished(metadata.namespace, name);
  }

  return [
    primary(reflectors.garbageCollections),
    mapped(reflectors.garbageCollections, ({ metadata, spec }) =>
      unfinished(metadata.namespace, spec.registryRef.name),
    ),
    mapped(reflectors.registries, ({ metadata }) => unfinished(metadata.namespace, metadata.name)),
    mapped(reflectors.configMaps, ofInstance),
    mapped(reflectors.pods, ofInstance),
    mapped(reflectors.statefulSets, ofInstance),
  ];
}
