import type { Registry } from '../api/registry.ts';
import type { ConfigMap, Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Store } from '../kube/store.ts';
import { selectorLabels } from '../resources/labels.ts';
import { objectNames } from '../resources/names.ts';
import type { ServedGarbageCollection } from './kind.ts';
import type { Sibling } from './observation.ts';
import type { RegistryObjects } from './registry-view.ts';
import { runOf, type RunStatus } from './run.ts';

/** The caches in which a run finds what surrounds it. */
export interface Stores {
  registries: Pick<Store<Registry & KubeObject>, 'get'>;
  garbageCollections: Pick<Store<ServedGarbageCollection>, 'get' | 'list'>;
  statefulSets: Pick<Store<StatefulSet>, 'get'>;
  configMaps: Pick<Store<ConfigMap>, 'get'>;
  pods: Pick<Store<Pod>, 'withLabels'>;
}

export function registryObjects(stores: Stores, namespace: string, registry: string): RegistryObjects {
  return {
    registry: stores.registries.get({ namespace, name: registry }),
    statefulSet: stores.statefulSets.get({ namespace, name: objectNames(registry).statefulSet }),
    maintenance: stores.configMaps.get({ namespace, name: objectNames(registry).maintenance }),
  };
}

export function podsOf(stores: Stores, namespace: string, registry: string): Pod[] {
  return stores.pods
    .withLabels(namespace, selectorLabels(registry))
    .sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}

/** The other runs of a Registry; `known` has statuses that were written and may not be in the cache yet. */
export function siblingsOf(
  stores: Stores,
  self: ServedGarbageCollection,
  known: (uid: string) => RunStatus | undefined,
): Sibling[] {
  const { uid, namespace } = self.metadata;
  return stores.garbageCollections
    .list(namespace)
    .filter(
      (other) => other.metadata.uid !== uid && other.spec.registryRef.name === self.spec.registryRef.name,
    )
    .map((other) => {
      const { name, created, deleting, status } = runOf(other);
      return {
        uid: other.metadata.uid,
        name,
        created,
        deleting,
        phase: (known(other.metadata.uid) ?? status).phase,
      };
    });
}
