import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheDirectory } from '@wharfinger/embedded';
import { execute, must } from './command.ts';

/** The commit whose chart and images every later release must take over from: the first one that was whole. */
const commit = '7e341b1c7f7a006689f3937a62b394edcbabeb89';
const root = resolve(import.meta.dirname, '../..');
const workspaces = { operator: 'operator', registry: 'registry-image', embedded: 'embedded' };

/** An image of the previous release. */
export interface PreviousImage {
  readonly reference: string;
  readonly archive: string;
}

export interface PreviousRelease {
  /** Folder of the chart. */
  readonly chart: string;
  readonly operator: PreviousImage;
  readonly registry: PreviousImage;
}

/**
 * The chart of the previous release, and its images built from its own sources, with the npm packages that are installed now: kept in the
 * cache, as nothing about them changes. Throws when this clone has no history.
 */
export async function previousRelease(): Promise<PreviousRelease> {
  const folder = join(cacheDirectory(), `previous-${commit.slice(0, 12)}`);
  const sources = join(folder, 'sources');
  if (!existsSync(sources)) await takeSources(folder, sources);
  const cache = join(folder, 'cache');
  const env = { WHARFINGER_CACHE: cache };
  const output = await must(['node', 'embedded/src/images/main.ts'], {
    cwd: sources,
    env,
    timeoutMs: 280_000,
  });
  const built = output
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([reference = '', archive = '']) => ({ reference, archive }));
  const [operator, registry] = ['operator', 'registry'].map((name) =>
    built.find(({ reference }) => reference.startsWith(`wharfinger.dev/${name}:`)),
  );
  if (!operator || !registry) throw new Error(`the previous release printed no images: ${output}`);
  return { chart: join(sources, 'charts/wharfinger'), operator, registry };
}

async function takeSources(folder: string, sources: string): Promise<void> {
  const known = await execute(['git', 'cat-file', '-e', `${commit}^{commit}`], { cwd: root });
  if (known.status !== 0)
    throw new Error(`this clone lacks commit ${commit}, the previous release: run git fetch --unshallow`);
  const unfinished = `${sources}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const archive = join(folder, 'sources.tar');
  await must(['git', 'archive', '--output', archive, commit], { cwd: root });
  await must(['tar', '-xf', archive, '-C', unfinished]);
  await rm(archive);
  await linkPackages(join(unfinished, 'node_modules'));
  await rename(unfinished, sources);
}

/** Its own workspaces, and the packages of this clone. */
async function linkPackages(target: string): Promise<void> {
  const installed = join(root, 'node_modules');
  await mkdir(join(target, '@wharfinger'), { recursive: true });
  for (const name of await readdir(installed)) {
    if (name === '@wharfinger' || name.startsWith('.package-lock')) continue;
    await symlink(join(installed, name), join(target, name));
  }
  for (const [name, workspace] of Object.entries(workspaces))
    await symlink(join('../..', workspace), join(target, '@wharfinger', name));
  // Packages that a workspace has in a version of its own.
  for (const workspace of Object.values(workspaces)) {
    const own = join(root, workspace, 'node_modules');
    if (existsSync(own)) await cp(own, join(target, '..', workspace, 'node_modules'), { recursive: true });
  }
}
