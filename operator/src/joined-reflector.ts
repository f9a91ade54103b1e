import type { Reflector } from './kube/reflector.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Store } from './kube/store.ts';

/** One reflector over those of several namespaces of one kind; `each` must not be empty. */
export function joinReflectors<T extends KubeObject>(each: ReadonlyMap<string, Reflector<T>>): Reflector<T> {
  const all = [...each.values()];
  const [first] = all;
  if (first === undefined) throw new Error('no reflectors to join');
  return {
    kind: first.kind,
    store: joinStores(new Map([...each].map(([namespace, { store }]) => [namespace, store]))),
    synced: settled(all),
    start: () => all.forEach((reflector) => reflector.start()),
    subscribe: (handler) => {
      const ends = all.map((reflector) => reflector.subscribe(handler));
      return () => ends.forEach((end) => end());
    },
    stop: async () => {
      await Promise.all(all.map((reflector) => reflector.stop()));
    },
  };
}

/** Not every user waits for it, so a rejection must not count as unhandled. */
function settled(all: readonly Reflector<KubeObject>[]): Promise<void> {
  const synced = Promise.all(all.map((reflector) => reflector.synced)).then(() => undefined);
  synced.catch(() => undefined);
  return synced;
}

function joinStores<T extends KubeObject>(stores: ReadonlyMap<string, Store<T>>): Store<T> {
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
