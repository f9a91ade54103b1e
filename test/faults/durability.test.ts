import { beforeAll, expect, test } from 'vitest';
import { prepareBlockVolumes } from './durability/block-volume.ts';
import { runKillCampaign } from './durability/kill-campaign.ts';
import { runSnapshotCampaign } from './durability/snapshot-campaign.ts';
import { seedOf } from './random.ts';

const seed = seedOf(20_262);
const report = (line: string): void => void process.stdout.write(`durability (seed ${seed}): ${line}\n`);

beforeAll(prepareBlockVolumes);

test(
  'what was answered 201 survives kill -9 of workers and of whole registries, and nothing else is there',
  {
    timeout: 300_000,
  },
  async () => {
    const { kills, known, problems, leftovers } = await runKillCampaign({
      seed,
      uploads: 300,
      kills: 20,
      report,
    });
    expect(problems).toEqual([]);
    expect(kills.workers).toBeGreaterThan(0);
    expect(kills.groups).toBeGreaterThan(0);
    expect(known.confirmed.length).toBeGreaterThan(100);
    expect(leftovers.before).toBeGreaterThan(0);
    expect(leftovers.after).toEqual([]);
  },
);

test(
  'a snapshot of the block device, taken under load, has everything that was answered 201 before it',
  {
    timeout: 300_000,
  },
  async () => {
    const results = await runSnapshotCampaign({ seed, uploads: 200, snapshots: 3, report });
    expect(results.flatMap(({ problems }) => problems)).toEqual([]);
    expect(results).toHaveLength(3);
    for (const { confirmed, open } of results) {
      expect(confirmed).toBeGreaterThan(50);
      expect(open).toBeGreaterThan(10);
    }
  },
);
