import {
  type CustomKind,
  garbageCollectionResource,
  registryResource,
} from '../api/custom-resource-definition.ts';
import type { GarbageCollection } from '../api/garbage-collection.ts';
import { apiVersion } from '../api/group.ts';
import type { Registry } from '../api/registry.ts';
import type { KubeObject, ResourceKind } from '../kube/resource.ts';

/** A Registry as the API server answers it. */
export type ServedRegistry = Registry & KubeObject;
export type ServedGarbageCollection = GarbageCollection & KubeObject;

export const registries = resourceKind<ServedRegistry>(registryResource);
export const garbageCollections = resourceKind<ServedGarbageCollection>(garbageCollectionResource);

/** Our name in managedFields. In the maintenance ConfigMap it stands beside the garbage collection's. */
export const fieldManager = 'wharfinger-registry';

function resourceKind<T extends KubeObject>({ kind, plural }: CustomKind): ResourceKind<T> {
  return { apiVersion, kind, plural, namespaced: true };
}
