import { glob, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { copyContextFile } from './context-file.ts';
import { nativePackages } from './image-definition.ts';

/** An installed npm package. */
export interface InstalledPackage {
  readonly name: string;
  readonly directory: string;
}

/**
 * The packages with native code and, for each, the package that holds its binary for this architecture and glibc.
 * @throws when a binary's package is not installed
 */
export function findNativePackages(root: string, architecture: Architecture): InstalledPackage[] {
  const require = createRequire(join(root, 'package.json'));
  return nativePackages
    .flatMap((name) => [name, `${name}-linux-${architecture.npm}-gnu`])
    .map((name) => ({ name, directory: dirname(require.resolve(`${name}/package.json`)) }));
}

/** The native modules of installed packages, as absolute paths. */
export async function findNativeModules(packages: readonly InstalledPackage[]): Promise<string[]> {
  const modules: string[] = [];
  for (const { directory } of packages) {
    for await (const path of glob('*.node', { cwd: directory })) modules.push(join(directory, path));
  }
  return modules.sort();
}

/** Copies what Node loads of the packages, and their licences, into `directory`/node_modules. */
export async function copyPackages(directory: string, packages: readonly InstalledPackage[]): Promise<void> {
  for (const { name, directory: source } of packages) {
    const loaded = (await readdir(source)).filter((file) =>
      /^package\.json$|\.(c?js|node)$|^LICENSE/.test(file),
    );
    for (const file of loaded) {
      await copyContextFile(directory, join('node_modules', name, file), join(source, file));
    }
  }
}
