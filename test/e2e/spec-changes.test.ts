import { expect, test } from 'vitest';
import { runLifeCampaign } from '../faults/life/life-campaign.ts';
import { planLife, tallyLeaves } from '../faults/life/life-plan.ts';
import { registrySpecSchema } from '../faults/life/spec-schema.ts';
import { seedOf } from '../faults/random.ts';

test('A14, A16: of 200 changes that are made up for a Registry, three and more touch each field of its spec', () => {
  const schema = registrySpecSchema();
  for (const seed of [1, 2, 3]) {
    const leaves = tallyLeaves(planLife({ schema, seed, changes: 200 }), schema);
    expect(leaves.length).toBeGreaterThan(140);
    expect(leaves.filter(({ good }) => good < 3)).toEqual([]);
  }
});

test('A14, A16: after each change of its spec a Registry is like a new one of that spec, and at rest nothing is written', async () => {
  const seed = seedOf(20_261_122);
  const { problems, kinds } = await runLifeCampaign({
    base: 'e2e-life',
    seed,
    changes: 12,
    quiet: 20_000,
    report: (line) => console.info(line),
  });
  expect(problems).toEqual([]);
  expect(kinds['change'] ?? 0).toBeGreaterThan(4);
}, 300_000);
