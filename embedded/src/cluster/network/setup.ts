import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { MachineProblem } from '../../machine/machine-problem.ts';
import { run } from '../../process/run.ts';
import { findCollision } from './collision.ts';
import type { Route } from './collision.ts';
import { linkName } from './network-plan.ts';
import type { NetworkPlan } from './network-plan.ts';
import { clusterTables, renderNftRules } from './nft-rules.ts';

const timeoutMs = 10_000;
const forwardingSwitch = '/proc/sys/net/ipv4/ip_forward';

/** Throws MachineProblem when a route of this machine overlaps the cluster's ranges. */
export async function requireFreeRanges(plan: NetworkPlan): Promise<void> {
  const routes = JSON.parse(
    await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'], { timeoutMs }),
  ) as Route[];
  const links = JSON.parse(await run('ip', ['-json', 'link', 'show', 'type', 'veth'], { timeoutMs })) as {
    ifname?: string;
  }[];
  // The veth links of pods that survived a crash carry routes of the same ranges.
  const own = new Set([linkName, ...links.map(({ ifname }) => ifname ?? '')]);
  const collision = findCollision(routes, [plan.podCidr, plan.serviceCidr], own);
  if (!collision) return;
  const { range, route } = collision;
  throw new MachineProblem(
    `The cluster's addresses ${range} overlap this machine's route to ${route.dst} (${route.dev ?? route.type}).`,
    'Set WHARFINGER_POD_CIDR and WHARFINGER_SERVICE_CIDR to ranges that are free, for example 172.30.0.0/24 and 172.31.0.0/16.',
  );
}

/** Makes the link, the routes and the nft table of the cluster; harmless when they are there. */
export async function setUpNetwork(plan: NetworkPlan): Promise<void> {
  if (!existsSync(`/sys/class/net/${linkName}`)) await ip('link', 'add', linkName, 'type', 'bridge');
  await ip('address', 'replace', `${plan.nodeAddress}/32`, 'dev', linkName);
  await ip('link', 'set', linkName, 'up');
  // A bridge without ports has no carrier; the route serves to pick the source address of traffic to services.
  await ip('route', 'replace', plan.serviceCidr, 'dev', linkName, 'src', plan.nodeAddress);
  await run('nft', ['-f', '-'], { timeoutMs, input: renderNftRules(plan) });
}

/** Removes what setUpNetwork and kube-proxy made. */
export async function tearDownNetwork(): Promise<void> {
  for (const [family, name] of clusterTables) {
    const existing = await run('nft', ['list', 'tables', family], { timeoutMs });
    if (existing.split('\n').includes(`table ${family} ${name}`)) {
      await run('nft', ['delete', 'table', family, name], { timeoutMs });
    }
  }
  if (existsSync(`/sys/class/net/${linkName}`)) await ip('link', 'delete', linkName);
}

/** Whether this machine forwards IPv4 packets: `0` or `1`. */
export async function readForwarding(): Promise<string> {
  return (await readFile(forwardingSwitch, 'utf8')).trim();
}

/** Turns on the forwarding of IPv4 packets. */
export async function enableForwarding(): Promise<void> {
  if ((await readForwarding()) !== '1') await writeFile(forwardingSwitch, '1');
}

/** Sets the forwarding of IPv4 packets back to what readForwarding returned before. */
export async function restoreForwarding(before: string): Promise<void> {
  if (before !== '1') await writeFile(forwardingSwitch, before);
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args, { timeoutMs });
}
