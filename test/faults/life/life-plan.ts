import { createRandom, type Random } from '../random.ts';
import { agree, read } from './agreements.ts';
import { impossibleValue, isShareable, type Mistake, refusals, stalls } from './mistakes.ts';
import { anotherValue, complete, removeLeaf, setLeaf } from './spec-editor.ts';
import { type Leaf, leavesOf, type Schema } from './spec-schema.ts';
import { changedLeaves, type Spec, valuesAt } from './spec-values.ts';

/** One `kubectl apply` in the life of a Registry. */
export interface Step {
  /**
   * `birth`: another Registry of this name, because some fields never change; `suspension`: only taken up by the change after it; `refusal`: the API
   * server does not take it; `stall`: the operator does not.
   */
  readonly kind: 'change' | 'birth' | 'suspension' | 'refusal' | 'stall';
  readonly spec: Spec;
  /** Those that differ from the good spec before. */
  readonly leaves: readonly string[];
  /** What the answer to a wrong one says. */
  readonly tells?: RegExp;
}

const volume = 'storage.filesystem.volume';
/** Leaves that no change of a Registry may touch. */
const fixed = ['existingClaim', 'storageClassName', 'accessModes'].map((name) => `${volume}.${name}`);
/** Leaves that a plan sets by rules of its own. */
const special = new Set(['replicas', 'suspend', ...fixed]);

/** The first step with pods, but for a birth. */
const firstLive = 5;

const first: Spec = {
  hostname: 'one.COPY.test',
  replicas: 1,
  storage: { filesystem: { volume: { size: '64Mi' } } },
  tls: { selfSigned: { keyAlgorithm: 'ECDSA' }, trustOverlap: '0s' },
};

export interface PlanOptions {
  readonly schema: Schema;
  readonly seed: number;
  readonly changes: number;
}

/** A Registry's life, made up: its birth, and then as many changes of its spec, good and bad, those leaves first that changed least. */
export function planLife({ schema, seed, changes }: PlanOptions): Step[] {
  const random = createRandom(seed);
  const leaves = leavesOf(schema);
  const plain = leaves.filter(({ path }) => !special.has(path));
  const counts = new Map(leaves.map(({ path }) => [path, 0]));
  const wrong = new Map<string, number>();
  const steps: Step[] = [{ kind: 'birth', spec: structuredClone(first), leaves: [] }];
  let spec = structuredClone(first);
  let grown = 64;

  function push(kind: 'change' | 'birth' | 'suspension', after: Spec): void {
    const changed = changedLeaves(leaves, schema, { before: spec, after });
    for (const path of changed) counts.set(path, (counts.get(path) ?? 0) + 1);
    steps.push({ kind, spec: after, leaves: changed });
    if (kind !== 'suspension') spec = after;
  }

  function pushWrong(kind: 'refusal' | 'stall', after: Spec, tells: RegExp): void {
    steps.push({ kind, spec: after, leaves: changedLeaves(leaves, schema, { before: spec, after }), tells });
  }

  function good(index: number): Spec {
    const after = structuredClone(spec);
    const chosen = rarest(plain, counts, random).slice(0, 2 + random.below(5));
    for (const leaf of chosen) edit(after, leaf);
    setReplicas(after, index);
    const touched = new Set(chosen.map(({ path }) => path));
    settle(after, schema, touched);
    return after;
  }

  function edit(after: Spec, leaf: Leaf): void {
    const { path } = leaf;
    if (path === `${volume}.size`) {
      // Another claim is none of this one's.
      if (read(after, `${volume}.existingClaim`) !== undefined) return;
      grown += 1;
      setLeaf(after, { schema, path, value: `${grown}Mi` });
      return;
    }
    const present = valuesAt(after, path, schema);
    const value = anotherValue(leaf, present, random);
    if (present.length > 0 && (value === undefined || random.chance(0.2)) && removeLeaf(after, schema, path))
      return;
    if (value !== undefined) setLeaf(after, { schema, path, value });
  }

  function setReplicas(after: Spec, index: number): void {
    if (!isLive(index)) after['replicas'] = 0;
    else if (isShareable(after) && random.chance(0.5)) after['replicas'] = 2;
    else if (random.chance(0.3)) delete after['replicas'];
    else after['replicas'] = 1;
  }

  function birth(): void {
    const chosen = rarest(
      leaves.filter(({ path }) => fixed.includes(path)),
      counts,
      random,
    ).slice(0, 1 + random.below(2));
    const after = structuredClone(spec);
    for (const leaf of chosen) {
      const value = anotherValue(leaf, valuesAt(after, leaf.path, schema), random);
      setLeaf(after, { schema, path: leaf.path, value });
    }
    const [path = ''] = chosen.map((leaf) => leaf.path);
    if (path !== `${volume}.existingClaim`) delete (read(after, volume) as Spec)['existingClaim'];
    if (read(after, `${volume}.existingClaim`) === undefined)
      setLeaf(after, { schema, path: `${volume}.size`, value: '64Mi' });
    after['replicas'] = 1;
    settle(after, schema, new Set(chosen.map((leaf) => leaf.path)));
    pushWrong('refusal', after, /cannot change|cannot shrink/);
    grown = 64;
    push('birth', after);
  }

  function impossible(): void {
    const [leaf] = rarest(plain, wrong, random);
    if (leaf === undefined) return;
    wrong.set(leaf.path, (wrong.get(leaf.path) ?? 0) + 1);
    const value = impossibleValue(leaf, random);
    if (value === undefined) return;
    const after = structuredClone(spec);
    setLeaf(after, { schema, path: leaf.path, value });
    const name = leaf.path.split('.').at(-1)?.replace('[]', '') ?? '';
    pushWrong('refusal', after, new RegExp(name));
  }

  function mistake(kind: 'refusal' | 'stall', list: readonly Mistake[], used: Set<Mistake>): void {
    const unused = list.filter((one) => !used.has(one));
    const one = random.pick((unused.length > 0 ? unused : list) as [Mistake, ...Mistake[]]);
    used.add(one);
    const after = one.apply(structuredClone(spec));
    if (after !== undefined) pushWrong(kind, after, one.tells);
  }

  const used = { refusal: new Set<Mistake>(), stall: new Set<Mistake>() };
  const done = (): number => steps.length - 1;
  while (done() < changes) {
    const index = done();
    if (index % 24 === 18) birth();
    else if (index % 40 === 21) {
      push('suspension', { ...good(index), suspend: true });
      push('change', good(index));
    } else if (random.chance(0.12)) impossible();
    else if (random.chance(0.1)) mistake('refusal', refusals, used.refusal);
    else if (random.chance(0.16)) mistake('stall', stalls, used.stall);
    else push('change', good(index));
  }
  // With pods, so that what they do at rest is seen too.
  push('change', good(firstLive));
  return steps;
}

/** A pod takes seconds to start, so most changes go without; two in a row show what one does to pods that serve. */
function isLive(index: number): boolean {
  return index % 14 === firstLive || index % 14 === firstLive + 1;
}

/** Makes a spec one that the API server takes. */
function settle(spec: Spec, schema: Schema, touched: ReadonlySet<string>): void {
  const isTouched = (path: string): boolean =>
    [...touched].some((one) => one === path || one.startsWith(`${path}.`) || one.startsWith(`${path}[`));
  for (let round = 0; round < 2; round += 1) {
    complete(spec, schema);
    agree(spec, isTouched);
  }
}

function rarest(leaves: readonly Leaf[], counts: ReadonlyMap<string, number>, random: Random): Leaf[] {
  return leaves
    .map((leaf) => ({ leaf, rank: (counts.get(leaf.path) ?? 0) + random.next() * 0.9 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ leaf }) => leaf);
}

/** How often a good step changed each leaf, and how often a bad one. */
export function tallyLeaves(
  steps: readonly Step[],
  schema: Schema,
): { path: string; good: number; bad: number }[] {
  const count = (path: string, isGood: boolean): number =>
    steps.filter((step) => (step.tells === undefined) === isGood && step.leaves.includes(path)).length;
  return leavesOf(schema).map(({ path }) => ({ path, good: count(path, true), bad: count(path, false) }));
}
