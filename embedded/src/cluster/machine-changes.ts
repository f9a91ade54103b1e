import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Layout } from './layout.ts';
import { builtInDirectories } from './leftovers/stray-files.ts';
import { openFirewall } from './network/firewall.ts';
import type { FirewallRule } from './network/firewall.ts';
import type { NetworkPlan } from './network/network-plan.ts';
import { enableForwarding, readForwarding } from './network/setup.ts';

/** What the machine was like before the cluster's first start, and what was changed, to be restored by a stop. */
export interface MachineBefore {
  /** `0` or `1`: whether it forwarded IPv4 packets. */
  forwarding: string;
  /** Directories with built-in paths that were there. */
  directories: readonly string[];
  /** Rules that were added to its firewall. */
  firewallRules?: readonly FirewallRule[];
}

/** Prepares the machine's network for pods; at the cluster's first start notes what the machine was like. */
export async function changeMachine(layout: Layout, network: NetworkPlan): Promise<void> {
  const before: MachineBefore = (await readMachineBefore(layout)) ?? {
    forwarding: await readForwarding(),
    directories: builtInDirectories.filter((directory) => existsSync(directory)),
  };
  await write(layout, before);
  await enableForwarding();
  const firewallRules = await openFirewall(network);
  if (firewallRules.length > 0) await write(layout, { ...before, firewallRules });
}

/** What changeMachine noted, or undefined when the cluster never started. */
export async function readMachineBefore(layout: Layout): Promise<MachineBefore | undefined> {
  if (!existsSync(layout.machineChanges)) return undefined;
  return JSON.parse(await readFile(layout.machineChanges, 'utf8')) as MachineBefore;
}

async function write(layout: Layout, before: MachineBefore): Promise<void> {
  await writeFile(`${layout.machineChanges}.new`, `${JSON.stringify(before)}\n`);
  await rename(`${layout.machineChanges}.new`, layout.machineChanges);
}
