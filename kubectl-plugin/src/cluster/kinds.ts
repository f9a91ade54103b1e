import {
  apiVersion,
  type ResourceKind,
  type ServedGarbageCollection,
  type ServedRegistry,
} from '@wharfinger/operator';

export const registries: ResourceKind<ServedRegistry> = {
  apiVersion,
  kind: 'Registry',
  plural: 'registries',
  namespaced: true,
};

export const garbageCollections: ResourceKind<ServedGarbageCollection> = {
  apiVersion,
  kind: 'GarbageCollection',
  plural: 'garbagecollections',
  namespaced: true,
};
