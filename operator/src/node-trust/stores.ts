import type { ConfigMap, DaemonSet, Pod, Secret, Service } from '../kube/builtin-kinds.ts';
import type { Store } from '../kube/store.ts';
import type { ServedRegistry } from '../registry/kind.ts';
import type { ServedNodeTrust } from './kind.ts';

/** The caches behind a NodeTrust. That of DaemonSets holds the namespace of the pods for the nodes. */
export interface NodeTrustStores {
  readonly nodeTrusts: Pick<Store<ServedNodeTrust>, 'get'>;
  readonly registries: Pick<Store<ServedRegistry>, 'get'>;
  readonly configMaps: Pick<Store<ConfigMap>, 'get'>;
  readonly services: Pick<Store<Service>, 'get'>;
  readonly secrets: Pick<Store<Secret>, 'get'>;
  readonly daemonSets: Pick<Store<DaemonSet>, 'get'>;
  readonly pods: Pick<Store<Pod>, 'withLabels'>;
}
