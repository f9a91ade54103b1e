import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must } from '../../support/command.ts';
import { makeSparse, mountImage } from '../durability/block-volume.ts';

/** An ext4 file system of its own that can be filled to the last block and made read-only. */
export interface SmallVolume {
  readonly path: string;
  /** Takes every free block; returns the way back. */
  fill(): () => void;
  /** Makes it read-only below everybody who uses it; returns the way back. */
  freeze(): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

/** @param size bytes */
export async function createSmallVolume(size: number): Promise<SmallVolume> {
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-small-'));
  const image = join(directory, 'volume.img');
  const path = join(directory, 'volume');
  makeSparse(image, size);
  const unmount = await mountImage(image, path, 'mkfs.ext4');
  return {
    path,
    fill() {
      const filler = join(path, 'filler');
      const file = openSync(filler, 'w');
      for (let chunk = 1024 * 1024; chunk >= 512;) {
        try {
          writeSync(file, Buffer.alloc(chunk, 1));
        } catch {
          chunk /= 2;
        }
      }
      closeSync(file);
      return () => rmSync(filler);
    },
    async freeze() {
      await must(['mount', '-o', 'remount,ro', path]);
      return async () => void (await must(['mount', '-o', 'remount,rw', path]));
    },
    async remove() {
      await unmount();
      rmSync(directory, { recursive: true });
    },
  };
}
