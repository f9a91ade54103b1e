/** What the project's other programs use of the operator: its client of the API server, and the names of what it makes. */
export type { GarbageCollectionStatus } from './api/garbage-collection-status.ts';
export { apiVersion } from './api/group.ts';
export type { ServedGarbageCollection } from './garbage-collection/kind.ts';
export {
  configMaps,
  persistentVolumeClaims,
  type Pod,
  pods,
  type Secret,
  secrets,
  type StatefulSet,
  statefulSets,
} from './kube/builtin-kinds.ts';
export { type Client, createClient } from './kube/client.ts';
export { findCondition } from './kube/conditions.ts';
export { ApiError, isNotFound } from './kube/errors.ts';
export { loadKubeConfig } from './kube/kube-config.ts';
export type { KubeObject, ResourceKind, Served } from './kube/resource.ts';
export { createTransport } from './kube/transport.ts';
export type { ServedRegistry } from './registry/kind.ts';
export { referredSecrets } from './registry/referred-secrets.ts';
export { ownedLabels, selectorLabels } from './resources/labels.ts';
export { objectNames } from './resources/names.ts';
export { secretText } from './resources/secrets.ts';
