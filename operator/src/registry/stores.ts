import type {
  ConfigMap,
  Ingress,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  StatefulSet,
} from '../kube/builtin-kinds.ts';
import type { Store } from '../kube/store.ts';
import type { ServedGarbageCollection, ServedRegistry } from './kind.ts';

/** The caches of what carries our labels, and of our own kinds. */
export interface RegistryStores {
  readonly registries: Pick<Store<ServedRegistry>, 'get' | 'list'>;
  readonly garbageCollections: Pick<Store<ServedGarbageCollection>, 'list'>;
  readonly configMaps: Pick<Store<ConfigMap>, 'get'>;
  readonly ingresses: Pick<Store<Ingress>, 'get'>;
  readonly networkPolicies: Pick<Store<NetworkPolicy>, 'get'>;
  readonly persistentVolumeClaims: Pick<Store<PersistentVolumeClaim>, 'get'>;
  readonly podDisruptionBudgets: Pick<Store<PodDisruptionBudget>, 'get'>;
  readonly pods: Pick<Store<Pod>, 'withLabels'>;
  readonly secrets: Pick<Store<Secret>, 'get' | 'withLabels'>;
  readonly services: Pick<Store<Service>, 'get'>;
  readonly statefulSets: Pick<Store<StatefulSet>, 'get'>;
}
