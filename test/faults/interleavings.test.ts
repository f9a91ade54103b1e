import { expect, test } from 'vitest';
import { runInterleavings } from './interleavings/campaign.ts';
import { seedOf } from './random.ts';

/** The long campaigns, with each safeguard taken away in turn, are `npm run test:deep interleavings`. */
const schedules = 5_000;
const seed = seedOf(20_263);
const report = (line: string): void => void process.stdout.write(`interleavings (seed ${seed}): ${line}\n`);

test(
  'in whatever order pushes, pulls, deletions and a collection go on, nothing that was acknowledged is missing',
  { timeout: 900_000 },
  async () => {
    expect(await runInterleavings({ seed, schedules, report })).toEqual([]);
  },
);
