import { expect, test } from 'vitest';
import { runCollectionKills } from './kills/campaign.ts';
import { seedOf } from './random.ts';

const seed = seedOf(20_264);
const report = (line: string): void => void process.stdout.write(`kills (seed ${seed}): ${line}\n`);

/** All points, with every call of a collector among them, are `npm run test:deep kills`. */
test(
  'a collection loses nothing and gives writes back whichever of its processes is killed, and wherever',
  { timeout: 900_000 },
  async () => {
    const { problems, points, hits } = await runCollectionKills({
      seed,
      sample: { calls: 5, steps: 5 },
      width: 2,
      report,
    });
    expect(problems).toEqual([]);
    expect(points).toBe(10);
    expect(hits).toBeGreaterThanOrEqual(8);
  },
);
