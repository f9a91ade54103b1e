import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildKey } from './build-groups.ts';
import type { BuildGroup } from './build-groups.ts';
import { cacheDirectory } from './cache-directory.ts';

/** Where the binaries of `group`, as its module's files and flags are now, lie in the cache. */
export function groupDirectory(group: BuildGroup): string {
  return join(cacheDirectory(), 'bin', buildKey(group, moduleSources(group.module)));
}

function moduleSources(module: string): string[] {
  const files = ['go.mod', 'go.sum', ...globSync('*/*.go', { cwd: module })];
  return files.sort().map((file) => `${file}\n${readFileSync(join(module, file), 'utf8')}`);
}
