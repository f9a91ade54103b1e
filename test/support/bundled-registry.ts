import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, imageDefinitions } from '@wharfinger/embedded';

/**
 * Bundles the registry as its image has it: what is stripped of its types at each start takes longer, and more memory.
 * @param directory is made; native packages are found only from below this clone
 * @returns its program
 */
export async function bundleRegistry(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const { commands, programs } = imageDefinitions.registry;
  await bundle({ root: process.cwd(), commands, programs, directory });
  return join(directory, 'registry.js');
}
