import { copyFile, open, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inDirectory, syncDirectory } from './directories.ts';
import { temporaryIn } from './temporary-files.ts';

/** An upload that no new appender finds, and where its first `size` bytes go. */
interface Sealed {
  readonly sealed: string;
  readonly target: string;
  readonly size: number;
}

/** Nobody else has it open. */
export async function moveSealed({ sealed, target }: Sealed): Promise<void> {
  await inDirectory(dirname(target), { durable: true }, () => rename(sealed, target));
  await syncDirectory(dirname(target));
}

/** Appending never changes the bytes that are there, so the beginning is what was verified, whatever comes after. */
export async function copyBeginning({ sealed, target, size }: Sealed): Promise<void> {
  // Beside the upload: what a crash leaves goes with it.
  const copy = temporaryIn(dirname(sealed));
  await inDirectory(dirname(target), { durable: true }, async () => {
    try {
      await copyFile(sealed, copy);
      await truncate(copy, size);
      const file = await open(copy, 'r');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(copy, target);
    } catch (error) {
      await rm(copy, { force: true });
      throw error;
    }
  });
  await syncDirectory(dirname(target));
  await rm(sealed, { force: true });
}
