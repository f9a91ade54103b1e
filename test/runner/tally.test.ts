import { expect, test } from 'vitest';
import { sum, tally } from './tally.ts';

test('only a test that ran and passed counts as passed', () => {
  const result = tally(
    [
      { name: 'a', state: 'passed', expectedToFail: false },
      { name: 'b', state: 'failed', expectedToFail: false, message: 'it was\n  wrong' },
      { name: 'c', state: 'skipped', expectedToFail: false },
      { name: 'd', state: 'pending', expectedToFail: false },
      { name: 'e', state: 'passed', expectedToFail: true },
    ],
    ['x.test.ts does not load'],
  );
  expect(result.passed).toBe(1);
  expect(result.failed).toBe(5);
  expect(result.failures).toContain('b (failed): it was wrong');
});

test('sums keep every failure', () => {
  const one = { passed: 1, failed: 1, failures: ['a'] };
  expect(sum([one, { passed: 2, failed: 0, failures: [] }])).toEqual({
    passed: 3,
    failed: 1,
    failures: ['a'],
  });
});
