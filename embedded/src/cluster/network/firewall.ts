import { existsSync } from 'node:fs';
import { run } from '../../process/run.ts';
import type { NetworkPlan } from './network-plan.ts';

const timeoutMs = 15_000;
const iptables = ['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'];

/** A rule as arguments of iptables after -I, -C or -D. */
export type FirewallRule = readonly string[];

/** The rules that a firewall needs which drops what it does not know, as those of Docker and ufw do. */
export function planFirewallRules(plan: NetworkPlan, droppingChains: readonly string[]): FirewallRule[] {
  const accept = ['-m', 'comment', '--comment', 'wharfinger', '-j', 'ACCEPT'];
  return droppingChains.flatMap((chain) => [
    [chain, '-s', plan.podCidr, ...accept],
    ...(chain === 'FORWARD' ? [[chain, '-d', plan.podCidr, ...accept]] : []),
  ]);
}

/** The chains among those in the output of `iptables -S` whose policy is not ACCEPT. */
export function droppingChains(rules: string): string[] {
  return [...rules.matchAll(/^-P (INPUT|FORWARD) (?!ACCEPT)/gm)].map(([, chain]) => chain ?? '');
}

/** Lets the pods through this machine's firewall when it drops what it does not know. Returns the rules that it needs. */
export async function openFirewall(plan: NetworkPlan): Promise<FirewallRule[]> {
  const command = iptables.find((path) => existsSync(path));
  if (!command) return [];
  const listed = await run(command, ['-w', '5', '-S'], { timeoutMs }).catch(() => '');
  const rules = planFirewallRules(plan, droppingChains(listed));
  for (const rule of rules) {
    if (!(await exists(command, rule))) await run(command, ['-w', '5', '-I', ...rule], { timeoutMs });
  }
  return rules;
}

/** Removes the rules that openFirewall returned. */
export async function closeFirewall(rules: readonly FirewallRule[]): Promise<void> {
  const command = iptables.find((path) => existsSync(path));
  if (!command) return;
  for (const rule of rules) {
    if (await exists(command, rule)) await run(command, ['-w', '5', '-D', ...rule], { timeoutMs });
  }
}

async function exists(command: string, rule: FirewallRule): Promise<boolean> {
  return await run(command, ['-w', '5', '-C', ...rule], { timeoutMs }).then(
    () => true,
    () => false,
  );
}
