import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startThresholdCheck } from './threshold-check.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is wrong after each change of it, with the milliseconds at which it changed. */
async function problemsOf(check: () => Promise<unknown>, threshold: number): Promise<[number, string][]> {
  const seen: [number, string][] = [];
  const began = Date.now();
  const onChange = (): void => void seen.push([Date.now() - began, checked.problem]);
  const checked = startThresholdCheck({ check, interval: 100, threshold, onChange });
  await vi.advanceTimersByTimeAsync(1000);
  checked.stop();
  return seen;
}

it('counts a check once that takes longer than the interval and then fails, and tells one reason', async () => {
  const fails = (): Promise<never> =>
    new Promise((_, fail) => setTimeout(() => fail(new Error('refused')), 150));
  expect(await problemsOf(fails, 2)).toEqual([[300, 'no answer within 100 ms']]);
});

it('counts every interval of a check that never ends', async () => {
  expect(await problemsOf(() => new Promise(() => {}), 3)).toEqual([[300, 'no answer within 100 ms']]);
});

it('begins to count again after a check that passes', async () => {
  let checks = 0;
  const flaps = async (): Promise<void> => {
    if (checks++ % 3 !== 2) throw new Error('refused');
  };
  expect(await problemsOf(flaps, 3)).toEqual([]);
  expect((await problemsOf(flaps, 2)).slice(0, 2).map(([, problem]) => problem)).toEqual(['refused', '']);
});
