import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { treatInBulk } from './bulk-operations.ts';

const items = Array.from({ length: 100 }, (_, index) => index);

test('has several items under way at once, and tells in order what was skipped', async () => {
  let [running, most] = [0, 0];
  const treat = async (item: number): Promise<boolean> => {
    most = Math.max(most, ++running);
    await setTimeout(item % 7);
    running--;
    return item % 10 !== 0;
  };
  const result = await treatInBulk(items, treat);
  expect(most).toBe(24);
  expect(result).toEqual({ done: 100, skipped: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90] });
});

test('throws the first failure when nothing is under way any more', async () => {
  let running = 0;
  const treat = async (item: number): Promise<boolean> => {
    running++;
    await setTimeout(item === 5 ? 0 : 5);
    running--;
    if (item === 5) throw new Error('five');
    return true;
  };
  await expect(treatInBulk(items, treat)).rejects.toThrow('five');
  expect(running).toBe(0);
});
