import { existsSync, rmSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { requireLinuxRoot } from '../machine/preflight.ts';
import { unmountBelow } from './leftovers/mounts.ts';
import { stopPods } from './leftovers/stop-pods.ts';
import { removeStrayFiles } from './leftovers/stray-files.ts';
import { withLock } from './lock.ts';
import { readMachineBefore } from './machine-changes.ts';
import { closeFirewall } from './network/firewall.ts';
import { restoreForwarding, tearDownNetwork } from './network/setup.ts';
import { layoutOf } from './options.ts';
import type { ClusterOptions } from './options.ts';
import { componentGraceMs, stopActors, stopAllComponents } from './stop-components.ts';

/** How the cluster is stopped. */
export interface StopOptions extends ClusterOptions {
  /** Also removes all data: objects, images, volumes, certificates, logs. */
  wipe: boolean;
}

/** Milliseconds that containers have to end by themselves when their data is kept. */
const podGraceMs = 10_000;

/**
 * Ends every process of the cluster and removes its mounts, links, nft tables and control groups, whatever state it
 * is in; with `wipe` its data too. Does nothing when there is none.
 */
export async function stopCluster(options: StopOptions): Promise<void> {
  requireLinuxRoot(process.platform, process.getuid?.());
  const layout = layoutOf(options);
  if (!existsSync(layout.state) && !existsSync(layout.runtime)) {
    options.progress.step('no cluster to stop');
    return;
  }
  await withLock(layout.lock, options.progress, async () => await takeDown(options));
}

/** stopCluster for one who holds the lock. */
export async function takeDown(options: StopOptions): Promise<void> {
  const { progress, wipe } = options;
  const layout = layoutOf(options);
  const before = await readMachineBefore(layout);
  // What is about to be wiped need not end in good order.
  const graceMs = wipe ? 0 : componentGraceMs;
  progress.step('stopping the pods');
  await stopActors(layout, graceMs);
  await stopPods(layout, wipe ? 0 : podGraceMs);
  progress.step('stopping the cluster');
  await stopAllComponents(layout, graceMs);
  await unmountBelow([layout.runtime, layout.state]);
  await tearDownNetwork();
  if (before?.firewallRules) await closeFirewall(before.firewallRules);
  removeStrayFiles(layout, before?.directories ?? []);
  await rm(layout.runtime, { recursive: true, force: true });
  if (before) await restoreForwarding(before.forwarding);
  if (!wipe) return progress.step(`stopped; the data stays in ${layout.state}`);
  // A promise for each of two million files of a large registry keeps a processor busy for minutes, and a gigabyte of memory.
  rmSync(layout.state, { recursive: true, force: true });
  rmSync(layout.damagedState, { recursive: true, force: true });
  await removeEmptyParent(layout.state);
  progress.step('stopped; nothing is left running, mounted or stored');
}

async function removeEmptyParent(path: string): Promise<void> {
  await rmdir(dirname(path)).catch(() => undefined);
}
