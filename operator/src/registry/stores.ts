import type {
  ConfigMap,
  Namespace,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
} from '../kube/builtin-kinds.ts';
import type { Store } from '../kube/store.ts';
import type { Certificate } from './cert-manager/kinds.ts';
import type { ServedGarbageCollection, ServedRegistry } from './kind.ts';

/** The caches of what carries our labels, and of our own kinds; of some kinds the parts that we need of all. */
export interface RegistryStores {
  readonly registries: Pick<Store<ServedRegistry>, 'get' | 'list' | 'byIndex'>;
  readonly garbageCollections: Pick<Store<ServedGarbageCollection>, 'list'>;
  readonly configMaps: Pick<Store<ConfigMap>, 'get' | 'byIndex'>;
  /** Without namespaces that this operator does not look after. */
  readonly namespaces: Pick<Store<Namespace>, 'list'>;
  /** Empty where there is no cert-manager. */
  readonly certificates: Pick<Store<Certificate>, 'get'> & {
    /** Says that cert-manager is there, so that they are cached from now on. */
    follow(): void;
  };
  readonly networkPolicies: Pick<Store<NetworkPolicy>, 'get'>;
  readonly persistentVolumeClaims: Pick<Store<PersistentVolumeClaim>, 'get'>;
  readonly podDisruptionBudgets: Pick<Store<PodDisruptionBudget>, 'get'>;
  readonly pods: Pick<Store<Pod>, 'get' | 'withLabels'>;
  readonly secrets: Pick<Store<Secret>, 'get' | 'withLabels' | 'byIndex'>;
  readonly serviceAccounts: Pick<Store<ServiceAccount>, 'get' | 'byIndex'>;
  readonly services: Pick<Store<Service>, 'get'>;
  readonly statefulSets: Pick<Store<StatefulSet>, 'get'>;
}
