import { run } from '../process/run.ts';
import type { BuildGroup } from './build-groups.ts';

const timeoutMs = 5 * 60_000;

/**
 * The directory with the source of the Go module `path` in the version that `group` is built from. It is downloaded when it is not
 * in Go's module cache.
 */
export async function moduleDirectory(group: BuildGroup, path: string): Promise<string> {
  const answer = await run('go', ['mod', 'download', '-json', path], { cwd: group.module, timeoutMs });
  const { Dir: directory } = JSON.parse(answer) as { Dir?: string };
  if (directory === undefined) throw new Error(`go mod download gave no directory of ${path}`);
  return directory;
}
