import { type Copy, deleteRegistry } from './copies.ts';
import type { LifeCluster } from './life-cluster.ts';
import type { Spec } from './spec-values.ts';

/** Registries that live for one spec each. Their removal goes on while others are made. */
export interface FreshCopies {
  /** Applies a spec where nothing is left of the one before. */
  make(spec: Spec): Promise<Copy>;
  release(copy: Copy): void;
  /** Waits until all are gone; what a deletion left, a sentence each. */
  end(): Promise<string[]>;
}

export function createFreshCopies(cluster: LifeCluster, copies: readonly Copy[]): FreshCopies {
  const removals = new Map<Copy, Promise<void>>();
  const problems: string[] = [];
  let next = 0;

  async function make(spec: Spec): Promise<Copy> {
    const copy = copies[next++ % copies.length];
    if (copy === undefined) throw new Error('there are no fresh copies');
    await removals.get(copy);
    const { status, stderr } = await cluster.apply(copy, spec);
    if (status !== 0) throw new Error(`a good spec was refused for a new Registry: ${stderr}`);
    return copy;
  }

  async function remove(copy: Copy): Promise<void> {
    try {
      await deleteRegistry(copy);
      await cluster.vacant(copy);
    } catch (error) {
      problems.push(`a Registry could not be deleted: ${String(error)}`);
    }
  }

  async function end(): Promise<string[]> {
    await Promise.all(removals.values());
    return problems;
  }

  return { make, release: (copy) => void removals.set(copy, remove(copy)), end };
}
