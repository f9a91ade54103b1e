import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireGo } from '../machine/go-toolchain.ts';
import { run } from '../process/run.ts';
import type { Progress } from '../progress.ts';
import { goBuildArguments } from './build-groups.ts';
import type { BuildGroup } from './build-groups.ts';
import { reportBuild } from './build-progress.ts';
import { groupDirectory } from './group-directory.ts';

/** Longest time one `go build` may take: Kubernetes needs about 11 CPU-minutes. */
const buildTimeoutMs = 90 * 60_000;
const temporaryPrefix = '.building-';

/** The path of each of the binaries `Name`. */
export type BinaryPaths<Name extends string> = Readonly<Record<Name, string>>;

/** Builds the binaries of `group` unless they are in the cache, and returns their paths. Throws MachineProblem without Go. */
export async function ensureBinaries<Group extends BuildGroup>(
  group: Group,
  progress: Progress,
): Promise<BinaryPaths<keyof Group['packages'] & string>> {
  const names = Object.keys(group.packages) as (keyof Group['packages'] & string)[];
  const directory = groupDirectory(group);
  const missing = names.filter((name) => !existsSync(join(directory, name)));
  if (missing.length > 0) await build(group, missing, directory, progress);
  const paths = names.map((name) => [name, join(directory, name)] as const);
  return Object.fromEntries(paths) as BinaryPaths<keyof Group['packages'] & string>;
}

async function build(
  group: BuildGroup,
  names: readonly string[],
  directory: string,
  progress: Progress,
): Promise<void> {
  await requireGo(group.module);
  await mkdir(directory, { recursive: true });
  await removeAbandonedBuilds(directory);
  const temporary = await mkdtemp(join(directory, `${temporaryPrefix}${process.pid}-`));
  progress.step(`building ${group.title} (once; kept in ${directory})`);
  const report = reportBuild(group.title, progress);
  try {
    await run('go', goBuildArguments(group, names, `${temporary}/`), {
      timeoutMs: buildTimeoutMs,
      cwd: group.module,
      env: { ...process.env, CGO_ENABLED: '0' },
      onErrorLine: report.onLine,
    });
    // A rename is atomic: a binary is there whole or not at all.
    await Promise.all(names.map((name) => rename(join(temporary, name), join(directory, name))));
    progress.step(`built ${group.title}`);
  } finally {
    report.stop();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes the temporary directories of builds whose process is gone. */
async function removeAbandonedBuilds(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^\.building-(\d+)-/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
