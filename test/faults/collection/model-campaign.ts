import { judgeTrash } from '../../../registry-image/src/gc/judgement.ts';
import { findDifference } from '../../../registry-image/src/gc/model-cases.ts';
import { planCollection, planConfirmation } from '../../../registry-image/src/gc/plan.ts';
import { seededDefects, tryDefect } from '../../../registry-image/src/gc/seeded-defects.ts';

const casesAtOnce = 10_000;

/** Compares the pure core of garbage collection with its model, and copies of it with seeded defects. Tells what is wrong. */
export async function runModelCampaign(options: {
  seed: number;
  cases: number;
  report: (line: string) => void;
}): Promise<readonly string[]> {
  const { seed, cases, report } = options;
  const problems: string[] = [];
  for (let done = 0; done < cases; done += casesAtOnce) {
    const core = { planCollection, planConfirmation, judgeTrash };
    const found = findDifference(core, { runs: Math.min(casesAtOnce, cases - done), seed: seed + done });
    if (found !== undefined) problems.push(found);
  }
  report(`${cases} cases were compared with the model`);
  for (const defect of seededDefects) {
    const shownBy = await tryDefect(defect, { runs: 50_000, seed });
    if (shownBy === undefined) problems.push(`the model does not show this seeded defect: ${defect.name}`);
  }
  report(`${seededDefects.length} seeded defects were tried`);
  return problems;
}
