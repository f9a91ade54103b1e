import { expect, test } from 'vitest';
import { judgeTrash } from './judgement.ts';
import { findDifference } from './model-cases.ts';
import { planCollection, planConfirmation } from './plan.ts';
import { seededDefects, tryDefect } from './seeded-defects.ts';

const seed = Date.now() % 2 ** 31;

test('on random stores and options the plan is what the model says', () => {
  const core = { planCollection, planConfirmation, judgeTrash };
  expect(findDifference(core, { runs: 2_000, seed })).toBeUndefined();
}, 60_000);

test('a copy of the core without a defect differs in nothing', async () => {
  expect(await tryDefect(undefined, { runs: 50, seed })).toBeUndefined();
});

test.each(seededDefects.map((defect) => [defect.name, defect] as const))(
  'the model shows a seeded defect: %s',
  async (_, defect) => {
    expect(await tryDefect(defect, { runs: 20_000, seed })).toMatch(/^seed \d+, after \d+ cases: /);
  },
  60_000,
);

test('a defect whose text is not in the source is told', async () => {
  const defect = { name: 'none', file: 'plan.ts', search: 'not there', replace: '' } as const;
  await expect(tryDefect(defect, { runs: 1, seed })).rejects.toThrow('fits 0 times, not once');
});
