import { expect, it } from 'vitest';
import { processStartTime, startTimeOf } from './process-start-time.ts';

it('finds the start time behind a command name with spaces and parentheses', () => {
  const before = Array.from({ length: 18 }, (_, index) => String(index));
  expect(startTimeOf(`42 (a) b (c)) S ${before.join(' ')} 194308 77`)).toBe(194_308);
});

it('reads it of this process, and 0 of one that is not there', async () => {
  expect(await processStartTime(process.pid)).toBeGreaterThan(0);
  expect(await processStartTime(2 ** 30)).toBe(0);
});
