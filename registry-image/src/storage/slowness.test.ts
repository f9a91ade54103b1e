import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { longCalls, waits } from './slowness.ts';

test('single calls are slow when each took longer than one that waits for nothing', () => {
  expect(longCalls.isSlow({ wall: 0.31, cpu: 0 }, 1)).toBe(true);
  expect(longCalls.isSlow({ wall: 0.31, cpu: 0 }, 2)).toBe(false);
});

test('many changes are slow when the process mostly waited for them, and long enough to pay for promises', () => {
  expect(waits.isSlow({ wall: 2.4, cpu: 0.4 }, 32)).toBe(true);
  // It has computed, or other threads of it have.
  expect(waits.isSlow({ wall: 2.4, cpu: 1.3 }, 32)).toBe(false);
  expect(waits.isSlow({ wall: 2.4, cpu: 3 }, 32)).toBe(false);
  expect(waits.isSlow({ wall: 0.9, cpu: 0 }, 32)).toBe(false);
});

test('the time of the processor that is measured is that of short work too', () => {
  const took = Array.from({ length: 20 }, () => {
    const before = waits.cpuTime();
    createHash('sha256').update(Buffer.alloc(200_000)).digest();
    return waits.cpuTime() - before;
  });
  expect(Math.min(...took)).toBeGreaterThan(0);
});
