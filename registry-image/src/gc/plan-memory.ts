import type { DigestTable } from './digest-table.ts';
import { digestsOfMany, type Gathered, gather } from './gathered.ts';
import { createLazy } from './lazy-members.ts';
import type { Reason } from './liveness.ts';
import { createMemory, type Memory } from './memory.ts';
import { createBytes, createIntegers, type NumberList } from './number-lists.ts';
import { createPackedMap, remember } from './packed-map.ts';
import type { RepositoryPlan } from './plan.ts';

export interface DigestSet extends Iterable<string> {
  readonly size: number;
  has(digest: string): boolean;
}

/** A set that is filled. */
export type GatheredDigests = DigestSet & { add(digest: string): unknown };

/** The plans of repositories; @param memory of the store, when that may be large */
export function gatherPlans(memory: Memory = unpacked): Gathered<RepositoryPlan> {
  return gather(memory, createPackedPlans, (plan) => {
    return lists.reduce((sum, list) => sum + entriesIn(plan[list]), plan.live.size);
  });
}

/** Digests in the order in which they came. @param memory as for `gatherPlans` */
export function gatherDigests(memory: Memory = unpacked): GatheredDigests {
  let set: GatheredDigests = new Set<string>();
  let isPacked = false;
  return {
    get size() {
      return set.size;
    },
    has: (digest) => set.has(digest),
    add(digest) {
      set.add(digest);
      if (isPacked || set.size <= memory.few) return;
      isPacked = true;
      const packed = createPackedSet(digestsOfMany(memory));
      for (const each of set) packed.add(each);
      set = packed;
    },
    [Symbol.iterator]: () => set[Symbol.iterator](),
  };
}

/** Keeps all as it is. */
const unpacked = createMemory(Number.POSITIVE_INFINITY);

function entriesIn(list: readonly unknown[] | ReadonlySet<unknown>): number {
  return 'size' in list ? list.size : list.length;
}

function createPackedSet(digests: DigestTable): GatheredDigests {
  const members = createBytes();
  let size = 0;
  return {
    get size() {
      return size;
    },
    has: (digest) => members.at(digests.find(digest)) === 1,
    add(digest) {
      const number = digests.add(digest);
      if (members.at(number) === 0) size++;
      members.set(number, 1);
    },
    *[Symbol.iterator]() {
      for (let number = 0; number < members.length; number++) {
        if (members.at(number) === 1) yield digests.digest(number);
      }
    },
  };
}

/** The members of a repository's plan that are long. */
const lists = ['deadRevisions', 'deadLayers', 'danglingLayers', 'promised', 'deadTagEntries'] as const;
type Packed = Omit<RepositoryPlan, 'live' | (typeof lists)[number]> & {
  readonly beginning: number;
  /** Tags of the dead entries. */
  readonly tags: readonly string[];
};

/** The position is what is kept of a reason. */
const reasons: readonly Reason[] = ['tag', 'revision', 'lease', 'written', 'kept', 'reference', 'referrer'];
const reasonBits = 3;

type Unpacked = Pick<RepositoryPlan, 'live' | (typeof lists)[number]>;

function createPackedPlans(digests: DigestTable): Gathered<RepositoryPlan> {
  const plans = new Map<string, Packed>();
  // Of each repository what is alive, then its lists; each begins with its length.
  const numbers = createIntegers();

  function digestsOf({ beginning }: Packed, list: (typeof lists)[number]): string[] {
    let at = beginning;
    for (let skipped = lists.indexOf(list) + 1; skipped > 0; skipped--) at += 1 + numbers.at(at);
    return unpackDigests(digests, numbers, at);
  }

  const listsOf = createLazy<Unpacked, Packed>({
    live: ({ beginning }) => unpackLive(digests, numbers, beginning),
    deadRevisions: (plan) => digestsOf(plan, 'deadRevisions'),
    deadLayers: (plan) => digestsOf(plan, 'deadLayers'),
    danglingLayers: (plan) => digestsOf(plan, 'danglingLayers'),
    promised: (plan) => new Set(digestsOf(plan, 'promised')),
    deadTagEntries: (plan) =>
      digestsOf(plan, 'deadTagEntries').map((digest, index) => ({ tag: plan.tags[index] ?? '', digest })),
  });

  function unpack(plan: Packed): RepositoryPlan {
    const { beginning: _beginning, tags: _tags, ...rest } = plan;
    return Object.assign(listsOf(plan), rest);
  }

  function set(name: string, plan: RepositoryPlan): void {
    const { live, deadRevisions, deadLayers, danglingLayers, promised, deadTagEntries, ...rest } = plan;
    const beginning = numbers.length;
    numbers.push(live.size);
    for (const [digest, reason] of live)
      numbers.push((digests.add(digest) << reasonBits) | reasons.indexOf(reason));
    for (const list of [deadRevisions, deadLayers, danglingLayers, [...promised]]) pack(list);
    pack(deadTagEntries.map(({ digest }) => digest));
    plans.set(name, { ...rest, beginning, tags: deadTagEntries.map(({ tag }) => tag) });
  }

  function pack(list: readonly string[]): void {
    numbers.push(list.length);
    for (const digest of list) numbers.push(digests.add(digest));
  }

  const map = createPackedMap({
    get size() {
      return plans.size;
    },
    keys: () => plans.keys(),
    get: remember((name) => {
      const plan = plans.get(name);
      return plan && unpack(plan);
    }),
  });
  return { map, set };
}

function unpackDigests(digests: DigestTable, numbers: NumberList, at: number): string[] {
  return Array.from({ length: numbers.at(at) }, (_, index) => digests.digest(numbers.at(at + 1 + index)));
}

function unpackLive(digests: DigestTable, numbers: NumberList, at: number): Map<string, Reason> {
  const live = new Map<string, Reason>();
  for (let index = 1; index <= numbers.at(at); index++) {
    const packed = numbers.at(at + index);
    const reason = reasons[packed & ((1 << reasonBits) - 1)] as Reason;
    live.set(digests.digest(packed >>> reasonBits), reason);
  }
  return live;
}
