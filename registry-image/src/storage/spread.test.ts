import { expect, test } from 'vitest';
import { spread } from './spread.ts';

test('each item comes once, and neighbours far from one another', () => {
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  const order = [...spread(items, 16)];
  expect(order.toSorted((a, b) => a - b)).toEqual(items);
  expect(order.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, index) => index * 63));
  for (const [at, item] of order.entries()) {
    const others = order.slice(at + 1, at + 15).map((other) => Math.abs(other - item));
    expect(Math.min(...others, 1_000)).toBeGreaterThanOrEqual(40);
  }
});

test('few items keep their order', () => {
  expect([...spread([], 16)]).toEqual([]);
  expect([...spread(['a'], 16)]).toEqual(['a']);
  expect([...spread(['a', 'b', 'c'], 16)]).toEqual(['a', 'b', 'c']);
});
