import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { Layout } from './layout.ts';
import { builtInDirectories } from './leftovers/stray-files.ts';
import { enableForwarding } from './network/setup.ts';

/** What the machine was like before the cluster's first start, to be restored by a stop. */
export interface MachineBefore {
  /** `0` or `1`: whether it forwarded IPv4 packets. */
  forwarding: string;
  /** Directories with built-in paths that were there. */
  directories: readonly string[];
}

/** Turns on the forwarding of packets; at the cluster's first start notes what the machine was like. */
export async function changeMachine(layout: Layout): Promise<void> {
  const directories = builtInDirectories.filter((directory) => existsSync(directory));
  const forwarding = await enableForwarding();
  if (existsSync(layout.machineChanges)) return;
  const before: MachineBefore = { forwarding, directories };
  await writeFile(layout.machineChanges, `${JSON.stringify(before)}\n`);
}

/** What changeMachine noted, or undefined when the cluster never started. */
export async function readMachineBefore(layout: Layout): Promise<MachineBefore | undefined> {
  if (!existsSync(layout.machineChanges)) return undefined;
  return JSON.parse(await readFile(layout.machineChanges, 'utf8')) as MachineBefore;
}
