import { expect, test } from 'vitest';
import { treatInSlices } from './bulk-slices.ts';
import { callAsync } from './quick-calls.ts';
import type { Call } from './quick-calls.ts';

const items = Array.from({ length: 1_300 }, (_, index) => index);
const quickly: Call = (sync) => Promise.resolve(sync());

/** Skips every tenth item, and treats every hundredth in the other way alone. */
function treatment(): {
  sync(item: number): boolean | undefined;
  async(item: number): Promise<boolean>;
  treated: number[];
} {
  const treated: number[] = [];
  const treat = (item: number): boolean => (treated.push(item), item % 10 !== 3);
  return {
    treated,
    sync: (item) => (item % 100 === 7 ? undefined : treat(item)),
    async: (item) => Promise.resolve(treat(item)),
  };
}

const skipped = items.filter((item) => item % 10 === 3);

test.each([
  ['on a quick storage', quickly],
  ['on a slow one', callAsync],
])('%s each item is treated once, in order, and what was skipped is told', async (_, call) => {
  const one = treatment();
  expect(await treatInSlices(items, { ...one, call })).toEqual({ done: items.length, skipped });
  expect(one.treated).toEqual(items);
});

test.each([
  ['on a quick storage', quickly],
  ['on a slow one', callAsync],
])('%s no item is begun after the end', async (_, call) => {
  const one = treatment();
  const { done } = await treatInSlices(items, { ...one, call }, { until: () => one.treated.length >= 700 });
  expect(one.treated).toEqual(items.slice(0, done));
  expect(done).toBeGreaterThanOrEqual(700);
  expect(done).toBeLessThan(720);
});

test('on a storage that becomes slow others get a turn after each item', async () => {
  const one = treatment();
  const calls: number[] = [];
  const counting: Call = (sync) => (calls.push(one.treated.length), Promise.resolve(sync()));
  const sync = (item: number): boolean | undefined => {
    for (const end = performance.now() + 3; performance.now() < end;);
    return one.sync(item);
  };
  await treatInSlices([0, 1, 2, 4], { ...one, sync, call: counting });
  expect(calls).toEqual([0, 1, 2, 3]);
});

test('a failure ends it', async () => {
  const one = treatment();
  const sync = (item: number): boolean | undefined => {
    if (item === 50) throw new Error('fifty');
    return one.sync(item);
  };
  await expect(treatInSlices(items, { ...one, sync, call: quickly })).rejects.toThrow('fifty');
  expect(one.treated).toHaveLength(50);
});
