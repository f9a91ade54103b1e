import { expect, it } from 'vitest';
import { createPauseMeasure } from './pause-measure.ts';

const run = { run: 'a', attempt: 2 };

it('tells how long the last pause was, and how long ago it ended', () => {
  let now = 1_000;
  const pauses = createPauseMeasure({ monotonic: () => now });
  pauses.end();
  expect(pauses.last).toBeNull();
  pauses.begin(run);
  now += 250;
  pauses.begin({ ...run, attempt: 3 });
  expect(pauses.last).toBeNull();
  now += 50;
  pauses.end();
  expect(pauses.last).toEqual({ ...run, milliseconds: 300, sinceEnd: 0 });
  now += 12_000;
  pauses.end();
  expect(pauses.last).toEqual({ ...run, milliseconds: 300, sinceEnd: 12_000 });
});
