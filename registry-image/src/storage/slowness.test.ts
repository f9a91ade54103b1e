import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSlow, processorTime } from './slowness.ts';

test('calls are slow that took long, whatever for', () => {
  expect(isSlow({ wall: 0.31, cpu: 0.31 }, 1)).toBe(true);
  expect(isSlow({ wall: 0.31, cpu: 0.31 }, 2)).toBe(false);
});

test('calls are slow when the process mostly waited for them, and long enough to pay for promises', () => {
  expect(isSlow({ wall: 2.4, cpu: 0.4 }, 32)).toBe(true);
  // It has computed, or other threads of it have.
  expect(isSlow({ wall: 2.4, cpu: 1.3 }, 32)).toBe(false);
  expect(isSlow({ wall: 2.4, cpu: 3 }, 32)).toBe(false);
  expect(isSlow({ wall: 0.9, cpu: 0 }, 32)).toBe(false);
});

test('the time of the processor that is measured is that of short work too', () => {
  const took = Array.from({ length: 20 }, () => {
    const before = processorTime();
    createHash('sha256').update(Buffer.alloc(200_000)).digest();
    return processorTime() - before;
  });
  expect(Math.min(...took)).toBeGreaterThan(0);
});
