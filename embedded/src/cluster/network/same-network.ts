import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { MachineProblem } from '../../machine/machine-problem.ts';
import type { Layout } from '../layout.ts';
import type { NetworkPlan } from './network-plan.ts';

/** Notes the plan of a new cluster. Throws MachineProblem when the data of an old one was made with another plan. */
export async function requireSameNetwork(layout: Layout, plan: NetworkPlan): Promise<void> {
  if (!existsSync(layout.networkPlan)) return await writeFile(layout.networkPlan, JSON.stringify(plan));
  const old = JSON.parse(await readFile(layout.networkPlan, 'utf8')) as NetworkPlan;
  if (old.podCidr === plan.podCidr && old.serviceCidr === plan.serviceCidr) return;
  throw new MachineProblem(
    `The cluster in ${layout.state} was made with the addresses ${old.podCidr} and ${old.serviceCidr}.`,
    'Use these again, or remove the cluster with `npm stop` first.',
  );
}
