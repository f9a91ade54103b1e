import { realpath } from 'node:fs/promises';
import { run } from '../process/run.ts';

const timeoutMs = 30_000;

/** The Debian packages that the files `paths` belong to, sorted by name. Links are followed first. */
export async function owningPackages(paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path)));
  // dpkg knows a file as /lib/x or as /usr/lib/x, whichever its package was built with; both are the same file.
  const patterns = real.map((path) => path.replace(/^(\/usr)?/, '*'));
  return parseOwners(await run('dpkg-query', ['--search', ...patterns], { timeoutMs }));
}

/** Reads `PACKAGE[:ARCHITECTURE]: PATH` lines into package names without their architecture, sorted, each once. */
export function parseOwners(output: string): string[] {
  const names = output.split('\n').flatMap((line) => /^([^\s:]+)(?::\S+)?: \//.exec(line)?.[1] ?? []);
  return [...new Set(names)].sort();
}

/** The status paragraph of an installed package: name, version, architecture, for scanners that read it in the image. */
export async function packageStatus(name: string): Promise<string> {
  return await run('dpkg-query', ['--status', name], { timeoutMs });
}
