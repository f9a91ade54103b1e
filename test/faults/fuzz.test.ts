import { expect, test } from 'vitest';
import { runFuzzCampaign } from './fuzz/campaign.ts';
import { seedOf } from './random.ts';

/** The long campaign is `npm run test:deep`. */
const requests = 25_000;

test(
  'random sequences of requests bring about no failure, leak, hang or wrong content',
  { timeout: 300_000 },
  async () => {
    const seed = seedOf(20_261);
    const report = (line: string): void => void process.stdout.write(`fuzz (seed ${seed}): ${line}\n`);
    const { problems, coverage } = await runFuzzCampaign({ seed, requests, concurrency: 12, report });
    expect(problems).toEqual([]);
    expect(coverage.missing(1)).toEqual([]);
    expect(coverage.requests).toBeGreaterThanOrEqual(requests);
  },
);
