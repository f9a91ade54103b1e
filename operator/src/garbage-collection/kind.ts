import { garbageCollectionKind, type GarbageCollection } from '../api/garbage-collection.ts';
import { apiVersion } from '../api/group.ts';
import type { KubeObject, ResourceKind } from '../kube/resource.ts';

/** A GarbageCollection as the API server answers it. */
export type ServedGarbageCollection = GarbageCollection & KubeObject;

export const garbageCollections: ResourceKind<ServedGarbageCollection> = {
  apiVersion,
  kind: garbageCollectionKind,
  plural: 'garbagecollections',
  namespaced: true,
};

/** Our name in managedFields: for `collection.json`, which no other controller writes, and for GarbageCollections. */
export const fieldManager = 'wharfinger-garbage-collection';

/** Held only while a run is active, so that a run deleted under way gives the registry back and ends its second mark. */
export const finalizer = 'wharfinger.dev/garbage-collection';

/** When and how a run ended. It outlives the status in a backup: a run that is restored from one does not run again. */
export const completedAnnotation = 'wharfinger.dev/completed';
