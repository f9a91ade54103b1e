import { expect, it } from 'vitest';
import { boundOperations } from './bounded-operations.ts';

it('runs at most so many at a time, in their order, and goes on after a failure', async () => {
  const bounded = boundOperations(2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const operation = (index: number): Promise<number> =>
    bounded(async () => {
      begun.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running--;
      if (index === 1) throw new Error('broken');
      return index;
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(operation));
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
  expect(await operation(5)).toBe(5);
});
