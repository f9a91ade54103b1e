import type { DigestTable } from './digest-table.ts';
import type { Memory } from './memory.ts';

/** A map that is filled. */
export interface Gathered<V> {
  /** What was set until now; to be asked for again after something was set. */
  readonly map: ReadonlyMap<string, V>;
  set(key: string, value: V): void;
}

/** A map that may be told early how large it will be. */
export interface Expecting<V> extends Gathered<V> {
  /** So many entries will be set, about: if they are many they are packed from now on, and never kept as they are. */
  expect(weight: number): void;
}

/**
 * Keeps values as they are while they are few, and packs them from then on.
 * @param weigh how many entries a value counts for
 */
export function gather<V>(
  memory: Memory,
  createPacked: (digests: DigestTable) => Gathered<V>,
  weigh: (value: V) => number,
): Expecting<V> {
  let plain = new Map<string, V>();
  let packed: Gathered<V> | undefined;
  let weight = 0;

  function packIfMany(entries: number): void {
    if (packed || entries <= memory.few) return;
    packed = createPacked(digestsOfMany(memory));
    for (const [each, known] of plain) packed.set(each, known);
    plain = new Map();
  }

  return {
    get map() {
      return packed ? packed.map : plain;
    },
    set(key, value) {
      if (packed) return packed.set(key, value);
      plain.set(key, value);
      weight += weigh(value);
      packIfMany(weight);
    },
    expect: packIfMany,
  };
}

/** A list that is filled. */
export interface Gathering<T, L> {
  /** What was pushed until now; to be asked for again after something was pushed. */
  readonly list: L;
  push(item: T): void;
}

/**
 * The same of a list.
 * @param asList makes one of the items as they are
 */
export function gatherList<T, L>(
  memory: Memory,
  createPacked: (digests: DigestTable) => Gathering<T, L>,
  asList: (items: T[]) => L,
): Gathering<T, L> {
  let plain: T[] = [];
  let packed: Gathering<T, L> | undefined;
  return {
    get list() {
      return packed ? packed.list : asList(plain);
    },
    push(item) {
      if (packed) return packed.push(item);
      plain.push(item);
      if (plain.length <= memory.few) return;
      packed = createPacked(digestsOfMany(memory));
      for (const each of plain) packed.push(each);
      plain = [];
    },
  };
}

/** Where one thing is large, others will be: they are packed from their first entry on. */
export function digestsOfMany(memory: Memory): DigestTable {
  memory.few = 0;
  return memory.digests;
}
