/** How much room a storage has: `full` is one on which pushes fail, or are about to. */
export type Fullness = 'roomy' | 'nearlyFull' | 'full';

/** Hundredths that are free below which it begins, and from which on it is over: a storage at the limit must not go to and fro. */
const bounds = { full: { below: 1, over: 2 }, nearlyFull: { below: 10, over: 12 } } as const;

/** @param before what was said last @returns `before` when nothing is known */
export function fullnessOf(space: { total: number; free: number } | undefined, before: Fullness): Fullness {
  if (space === undefined || space.total <= 0) return before;
  const free = (100 * space.free) / space.total;
  const isBelow = (level: keyof typeof bounds, holds: boolean): boolean =>
    free < (holds ? bounds[level].over : bounds[level].below);
  if (isBelow('full', before === 'full')) return 'full';
  return isBelow('nearlyFull', before !== 'roomy') ? 'nearlyFull' : 'roomy';
}
