import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../binaries/cache-directory.ts';
import { run } from '../process/run.ts';
import { pauseImage } from './context.ts';

const program = '/usr/bin/catatonit';
const timeoutMs = 60_000;

/** The archive of the pause image, built from Debian's catatonit unless it is in the cache. Returns its path. */
export async function ensurePauseArchive(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(program))
    .update(pauseImage)
    .digest('hex')
    .slice(0, 16);
  const images = join(cacheDirectory(), 'images');
  const archive = join(images, `pause-${hash}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(images, { recursive: true });
  const work = await mkdtemp(join(images, '.pause-'));
  try {
    await buildPauseArchive(work, join(work, 'pause.tar'));
    await rename(join(work, 'pause.tar'), archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

async function buildPauseArchive(work: string, archive: string): Promise<void> {
  // A store of its own without mounts: nothing is left in the user's image store.
  const store = ['--root', join(work, 'store'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'];
  const buildah = async (...args: string[]): Promise<string> =>
    (await run('buildah', [...store, ...args], { timeoutMs })).trim();
  await copyFile(program, join(work, 'pause'));
  const container = await buildah('from', 'scratch');
  await buildah('copy', '--quiet', container, join(work, 'pause'), '/pause');
  await buildah('config', '--entrypoint', '["/pause","-P"]', '--user', '65535:65535', container);
  await buildah('commit', '--quiet', container, pauseImage);
  await buildah('push', '--quiet', pauseImage, `docker-archive:${archive}:${pauseImage}`);
}
