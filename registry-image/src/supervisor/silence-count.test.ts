import { expect, it } from 'vitest';
import { createSilenceCount } from './silence-count.ts';

it('counts the questions in a row that a worker has not answered, whatever time passed between', () => {
  let now = 0;
  const silence = createSilenceCount(() => now);
  const worker = { pid: 7, started: true, reportedAt: 0 };
  silence.note([worker]);
  now = 1;
  worker.reportedAt = 0.5;
  silence.note([worker]);
  now = 100_000;
  worker.reportedAt = 1.5;
  silence.note([worker]);
  expect(silence.of(worker)).toBe(0);
  for (const _ of [1, 2, 3]) silence.note([worker]);
  expect(silence.of(worker)).toBe(3);
  worker.reportedAt = now + 1;
  silence.note([worker]);
  expect(silence.of(worker)).toBe(0);
});
