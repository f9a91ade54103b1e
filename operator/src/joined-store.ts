import type { KubeObject } from './kube/resource.ts';
import type { Store } from './kube/store.ts';

/** One store over those of several namespaces. */
export function joinStores<T extends KubeObject>(stores: ReadonlyMap<string, Store<T>>): Store<T> {
  const all = [...stores.values()];
  const of = (namespace: string | undefined): Store<T>[] => {
    if (namespace === undefined) return all;
    const store = stores.get(namespace);
    return store === undefined ? [] : [store];
  };
  return {
    get: (ref) => of(ref.namespace).at(0)?.get(ref),
    list: (namespace) => of(namespace).flatMap((store) => store.list(namespace)),
    withLabels: (namespace, labels) => of(namespace).flatMap((store) => store.withLabels(namespace, labels)),
    byIndex: (index, value) => all.flatMap((store) => store.byIndex(index, value)),
    get size(): number {
      return all.reduce((sum, store) => sum + store.size, 0);
    },
  };
}
