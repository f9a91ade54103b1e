import { expect, it } from 'vitest';
import { type Fullness, fullnessOf } from './fullness.ts';

it.each<[free: number, before: Fullness, after: Fullness]>([
  [50, 'roomy', 'roomy'],
  [10, 'roomy', 'roomy'],
  [9, 'roomy', 'nearlyFull'],
  [11, 'nearlyFull', 'nearlyFull'],
  [12, 'nearlyFull', 'roomy'],
  [1, 'roomy', 'nearlyFull'],
  [0, 'roomy', 'full'],
  [1, 'full', 'full'],
  [2, 'full', 'nearlyFull'],
  [50, 'full', 'roomy'],
])('%d free of 100 after %s is %s', (free, before, after) => {
  expect(fullnessOf({ total: 100, free }, before)).toBe(after);
});

it('does not change as long as nothing is known', () => {
  expect(fullnessOf(undefined, 'full')).toBe('full');
});
