import * as builtin from './kube/builtin-kinds.ts';
import type { Log } from './kube/log.ts';
import { createReflector, type Reflector } from './kube/reflector.ts';
import type { KubeObject, ResourceKind } from './kube/resource.ts';
import type { Store } from './kube/store.ts';
import type { Transport } from './kube/transport.ts';
import { garbageCollections, type ServedGarbageCollection } from './garbage-collection/kind.ts';
import { joinStores } from './joined-store.ts';
import { registries, type ServedRegistry } from './registry/kind.ts';
import { managedBy, managedByLabel } from './resources/labels.ts';

export interface Cache<T extends KubeObject> {
  /** One for all namespaces, or one for each. */
  readonly reflectors: readonly Reflector<T>[];
  readonly store: Store<T>;
}

export interface CachesOptions {
  transport: Transport;
  /** None: all of them. */
  namespaces: readonly string[];
  log: Log;
}

export interface Caches {
  readonly registries: Cache<ServedRegistry>;
  readonly garbageCollections: Cache<ServedGarbageCollection>;
  readonly configMaps: Cache<builtin.ConfigMap>;
  readonly networkPolicies: Cache<builtin.NetworkPolicy>;
  readonly persistentVolumeClaims: Cache<builtin.PersistentVolumeClaim>;
  readonly podDisruptionBudgets: Cache<builtin.PodDisruptionBudget>;
  readonly pods: Cache<builtin.Pod>;
  readonly secrets: Cache<builtin.Secret>;
  readonly services: Cache<builtin.Service>;
  readonly statefulSets: Cache<builtin.StatefulSet>;
}

/** The caches of the operator: its own kinds, and of the others what carries our label. */
export function createCaches({ transport, namespaces, log }: CachesOptions): Caches {
  function cache<T extends KubeObject>(kind: ResourceKind<T>, labelSelector?: string): Cache<T> {
    const reflector = (namespace?: string): Reflector<T> => createReflector({ transport, kind, namespace, labelSelector, log });
    if (namespaces.length === 0) {
      const everywhere = reflector();
      return { reflectors: [everywhere], store: everywhere.store };
    }
    const each = new Map(namespaces.map((namespace) => [namespace, reflector(namespace)]));
    const stores = new Map([...each].map(([namespace, { store }]) => [namespace, store]));
    return { reflectors: [...each.values()], store: joinStores(stores) };
  }

  const ours = `${managedByLabel}=${managedBy}`;
  return {
    registries: cache(registries),
    garbageCollections: cache(garbageCollections),
    configMaps: cache(builtin.configMaps, ours),
    networkPolicies: cache(builtin.networkPolicies, ours),
    persistentVolumeClaims: cache(builtin.persistentVolumeClaims, ours),
    podDisruptionBudgets: cache(builtin.podDisruptionBudgets, ours),
    pods: cache(builtin.pods, ours),
    secrets: cache(builtin.secrets, ours),
    services: cache(builtin.services, ours),
    statefulSets: cache(builtin.statefulSets, ours),
  };
}
