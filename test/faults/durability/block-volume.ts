import { spawnSync } from 'node:child_process';
import {
  constants,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgress, installMissingPackages } from '@wharfinger/embedded';
import { must } from '../../support/command.ts';

/**
 * An ext4 file system on a block device of its own, of which snapshots can be taken below the file system.
 *
 * The device is a loop device on a file that lies on XFS (itself on a loop device). XFS clones that file at one moment,
 * with writes to it kept out, and knows nothing of the file system inside. So a snapshot holds exactly what ext4 has
 * handed to its disk until then: what is only in the page cache or in an unwritten journal is missing, as it is after
 * a crash of the machine.
 */
export interface BlockVolume {
  /** Where the volume is mounted. */
  readonly path: string;
  snapshot(): BlockSnapshot;
  /** Unmounts and removes everything; to be called when nobody uses the volume any more. */
  remove(): Promise<void>;
}

/** A copy of the device at one moment. */
export interface BlockSnapshot {
  /** Mounts it, by which ext4 replays its journal, and returns the path. */
  mount(): Promise<string>;
  remove(): Promise<void>;
}

/** Bytes of the volume, and of the file system that keeps it and its snapshots; both are sparse files. */
const volumeSize = 6 * 1024 ** 3;
const keeperSize = 24 * 1024 ** 3;

export async function prepareBlockVolumes(): Promise<void> {
  await installMissingPackages(createProgress(), [
    { name: 'xfsprogs', files: ['/usr/sbin/mkfs.xfs', '/sbin/mkfs.xfs'] },
    { name: 'e2fsprogs', files: ['/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'] },
    { name: 'mount', files: ['/usr/sbin/losetup', '/sbin/losetup'] },
  ]);
}

export async function createBlockVolume(): Promise<BlockVolume> {
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-volume-'));
  const undo: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const abandon = (): void => abandonImages(directory);
  process.once('exit', abandon);
  undo.unshift(() => process.off('exit', abandon));
  let snapshots = 0;

  async function remove(): Promise<void> {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }

  try {
    const keeper = join(directory, 'keeper');
    makeSparse(join(directory, 'keeper.img'), keeperSize);
    undo.push(await mountImage(join(directory, 'keeper.img'), keeper, 'mkfs.xfs'));
    const image = join(keeper, 'volume.img');
    makeSparse(image, volumeSize);
    const path = join(directory, 'volume');
    undo.push(await mountImage(image, path, 'mkfs.ext4'));
    return {
      path,
      snapshot() {
        const name = `snapshot-${(snapshots += 1)}`;
        const copy = join(keeper, `${name}.img`);
        copyFileSync(image, copy, constants.COPYFILE_FICLONE_FORCE);
        return snapshotOf(copy, join(directory, name));
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** When this process ends in the midst of it: unmounts what lies below `directory`, the innermost first, and removes it. */
function abandonImages(directory: string): void {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, mountPoint = '']) => mountPoint.startsWith(`${directory}/`))
    .toReversed();
  for (const [device = '', mountPoint = ''] of mounts) {
    spawnSync('umount', ['--lazy', mountPoint]);
    spawnSync('losetup', ['--detach', device]);
  }
  rmSync(directory, { recursive: true, force: true });
}

function snapshotOf(copy: string, mountPoint: string): BlockSnapshot {
  let unmount: (() => Promise<void>) | undefined;
  return {
    async mount() {
      unmount = await mountImage(copy, mountPoint);
      return mountPoint;
    },
    async remove() {
      await unmount?.();
      rmSync(copy, { force: true });
    },
  };
}

export function makeSparse(file: string, size: number): void {
  writeFileSync(file, '');
  truncateSync(file, size);
}

/** Mounts a file by a loop device, after making a file system in it when a program for that is given; returns the way back. */
export async function mountImage(
  file: string,
  mountPoint: string,
  make?: string,
): Promise<() => Promise<void>> {
  mkdirSync(mountPoint);
  const device = (await must(['losetup', '--find', '--show', file])).trim();
  try {
    if (make !== undefined) await must([make, '-q', device]);
    await must(['mount', device, mountPoint]);
  } catch (error) {
    await must(['losetup', '--detach', device]);
    throw error;
  }
  return async () => {
    await must(['umount', mountPoint]);
    await must(['losetup', '--detach', device]);
  };
}
