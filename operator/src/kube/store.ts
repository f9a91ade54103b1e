import { keyOf, type KubeObject, type ObjectRef } from './resource.ts';

/**
 * Values under which an object is found, by the name of the index:
 * `{ owner: (pod) => (pod.metadata.ownerReferences ?? []).map((owner) => owner.uid) }`.
 */
export type Indexes<T> = Record<string, (object: T) => readonly string[]>;

/** Read side of a reflector's cache. Objects are shared: never change them. */
export interface Store<T extends KubeObject> {
  get(ref: ObjectRef): T | undefined;
  /** All objects, or those of a namespace. */
  list(namespace?: string): T[];
  /** Objects of a namespace that carry all these labels; of all namespaces when it is undefined. */
  withLabels(namespace: string | undefined, labels: Readonly<Record<string, string>>): T[];
  /** Objects that the named index filed under `value`. Throws on an index that was not declared. */
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

/** A store together with its write side. */
export interface WritableStore<T extends KubeObject> extends Store<T> {
  /** Adds or takes the place of the object under its key; returns what was there. */
  put(object: T): T | undefined;
  /** Removes and returns what was under the key. */
  remove(ref: ObjectRef): T | undefined;
}

const namespaceIndex = ' namespace';

export function createStore<T extends KubeObject>(indexes: Indexes<T> = {}): WritableStore<T> {
  const objects = new Map<string, T>();
  const allIndexes: Indexes<T> = {
    ...indexes,
    [namespaceIndex]: (object) => [object.metadata.namespace ?? ''],
  };
  const filed = new Map(Object.keys(allIndexes).map((index) => [index, new Map<string, Map<string, T>>()]));

  function file(key: string, object: T): void {
    for (const [index, valuesOf] of Object.entries(allIndexes)) {
      const entries = filed.get(index);
      for (const value of valuesOf(object)) {
        const group = entries?.get(value) ?? new Map<string, T>();
        group.set(key, object);
        entries?.set(value, group);
      }
    }
  }

  function unfile(key: string, object: T): void {
    for (const [index, valuesOf] of Object.entries(allIndexes)) {
      const entries = filed.get(index);
      for (const value of valuesOf(object)) {
        const group = entries?.get(value);
        group?.delete(key);
        if (group?.size === 0) entries?.delete(value);
      }
    }
  }

  function remove(ref: ObjectRef): T | undefined {
    const key = keyOf(ref);
    const previous = objects.get(key);
    if (previous !== undefined) unfile(key, previous);
    objects.delete(key);
    return previous;
  }

  function put(object: T): T | undefined {
    const previous = remove(object.metadata);
    const key = keyOf(object.metadata);
    objects.set(key, object);
    file(key, object);
    return previous;
  }

  function byIndex(index: string, value: string): T[] {
    const entries = filed.get(index);
    if (entries === undefined) throw new Error(`store: there is no index "${index}"`);
    return [...(entries.get(value)?.values() ?? [])];
  }

  function list(namespace?: string): T[] {
    return namespace === undefined ? [...objects.values()] : byIndex(namespaceIndex, namespace);
  }

  function withLabels(namespace: string | undefined, labels: Readonly<Record<string, string>>): T[] {
    const wanted = Object.entries(labels);
    return list(namespace).filter((object) =>
      wanted.every(([name, value]) => object.metadata.labels?.[name] === value),
    );
  }

  return {
    get: (ref) => objects.get(keyOf(ref)),
    list,
    withLabels,
    byIndex,
    put,
    remove,
    get size(): number {
      return objects.size;
    },
  };
}
