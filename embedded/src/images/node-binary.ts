import { realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Architecture } from './architecture.ts';

/** The Node binary that goes into the images. */
export interface NodeBinary {
  readonly path: string;
  readonly version: string;
}

/**
 * Finds the bare Node binary among the installed npm packages: that of `node-linux-ARCH` when there is one, else that
 * of `node`, whose installation puts the same binary in place.
 * @throws when neither is installed
 */
export function findNodeBinary(root: string, architecture: Architecture): NodeBinary {
  const require = createRequire(join(root, 'package.json'));
  for (const name of [`node-linux-${architecture.npm}`, 'node']) {
    const manifest = resolveManifest(require, name);
    if (!manifest) continue;
    const binary = join(dirname(manifest), 'bin', 'node');
    if (!statSync(binary, { throwIfNoEntry: false })?.isFile()) continue;
    const { version } = require(manifest) as { version: string };
    return { path: realpathSync(binary), version };
  }
  throw new Error('The npm package "node" has no binary in node_modules: run `npm ci` in the repository.');
}

function resolveManifest(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}
