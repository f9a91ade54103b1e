import type {
  EventsV1Event,
  V1ConfigMap,
  V1DaemonSet,
  V1Ingress,
  V1Lease,
  V1Namespace,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { KubeObject, ResourceKind, Served } from './resource.ts';

export type ConfigMap = Served<V1ConfigMap>;
export type DaemonSet = Served<V1DaemonSet>;
export type Ingress = Served<V1Ingress>;
export type Lease = Served<V1Lease>;
export type Namespace = Served<V1Namespace>;
export type NetworkPolicy = Served<V1NetworkPolicy>;
export type PersistentVolumeClaim = Served<V1PersistentVolumeClaim>;
export type Pod = Served<V1Pod>;
export type PodDisruptionBudget = Served<V1PodDisruptionBudget>;
export type Secret = Served<V1Secret>;
export type Service = Served<V1Service>;
export type ServiceAccount = Served<V1ServiceAccount>;
export type StatefulSet = Served<V1StatefulSet>;
export type KubeEvent = Served<EventsV1Event>;

export const configMaps = namespaced<ConfigMap>('v1', 'ConfigMap', 'configmaps');
export const daemonSets = namespaced<DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets');
export const events = namespaced<KubeEvent>('events.k8s.io/v1', 'Event', 'events');
export const ingresses = namespaced<Ingress>('networking.k8s.io/v1', 'Ingress', 'ingresses');
export const leases = namespaced<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
export const namespaces: ResourceKind<Namespace> = {
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
export const networkPolicies = namespaced<NetworkPolicy>(
  'networking.k8s.io/v1',
  'NetworkPolicy',
  'networkpolicies',
);
export const persistentVolumeClaims = namespaced<PersistentVolumeClaim>(
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
);
export const podDisruptionBudgets = namespaced<PodDisruptionBudget>(
  'policy/v1',
  'PodDisruptionBudget',
  'poddisruptionbudgets',
);
export const pods = namespaced<Pod>('v1', 'Pod', 'pods');
export const secrets = namespaced<Secret>('v1', 'Secret', 'secrets');
export const services = namespaced<Service>('v1', 'Service', 'services');
export const serviceAccounts = namespaced<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts');
export const statefulSets = namespaced<StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets');

function namespaced<T extends KubeObject>(apiVersion: string, kind: string, plural: string): ResourceKind<T> {
  return { apiVersion, kind, plural, namespaced: true };
}
