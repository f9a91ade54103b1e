/** What a reader of a map needs to be given for it: the rest follows. */
export interface PackedMapSource<V> {
  readonly size: number;
  keys(): Iterable<string>;
  get(key: string): V | undefined;
  /** Where that costs less than to get it. */
  has?(key: string): boolean;
}

/** Values that are remembered: whoever goes through files asks for the same few repositories again and again. */
const remembered = 64;

/** `get`, which makes the same value again only after it was asked for many others. */
export function remember<V>(get: (key: string) => V | undefined): (key: string) => V | undefined {
  const values = new Map<string, V>();
  return (key) => {
    const known = values.get(key);
    if (known !== undefined) return known;
    const value = get(key);
    if (value === undefined) return undefined;
    if (values.size === remembered) values.clear();
    values.set(key, value);
    return value;
  };
}

/** A map whose values are made when they are asked for. */
export function createPackedMap<V>(source: PackedMapSource<V>): ReadonlyMap<string, V> {
  function* keys(): Generator<string, undefined> {
    yield* source.keys();
  }
  function* entries(): Generator<[string, V], undefined> {
    for (const key of source.keys()) yield [key, source.get(key) as V];
  }
  function* values(): Generator<V, undefined> {
    for (const [, value] of entries()) yield value;
  }
  const map: ReadonlyMap<string, V> = {
    get size() {
      return source.size;
    },
    get: (key) => source.get(key),
    has: (key) => (source.has ? source.has(key) : source.get(key) !== undefined),
    keys,
    values,
    entries,
    forEach(callback) {
      for (const [key, value] of entries()) callback(value, key, map);
    },
    [Symbol.iterator]: entries,
  };
  return map;
}
