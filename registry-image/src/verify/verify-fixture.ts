import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import type { Damage, Outcome } from './damages.ts';
import { type Summary, verifyStore } from './verify.ts';

// Flushing to a disk at each change is most of the time of a test; memory needs none.
export const temporaryRoot = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A copy of a store on disk that ends with the test. */
export async function copyStore(from: string): Promise<string> {
  const root = mkdtempSync(join(temporaryRoot, 'verify-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  await cp(from, root, { recursive: true, preserveTimestamps: true });
  return root;
}

export interface Verified {
  readonly found: (Damage & Outcome)[];
  readonly summary: Summary;
}

/** One run over the store in a directory. */
export async function verifyOnce(
  rootDirectory: string,
  {
    wrap = (driver) => driver,
    ...options
  }: {
    repair?: boolean;
    sparse?: boolean;
    pause?: number;
    run?: string;
    /** Comes between the run and the storage. */
    wrap?: (driver: StorageDriver) => StorageDriver;
  } = {},
): Promise<Verified> {
  const found: (Damage & Outcome)[] = [];
  const summary = await verifyStore({
    driver: wrap(createFilesystemDriver({ rootDirectory })),
    repair: false,
    sparse: false,
    run: 'run-1',
    pause: 1,
    report: ({ damage, outcome }) => void found.push({ ...damage, ...outcome }),
    signal: new AbortController().signal,
    ...options,
  });
  return { found, summary };
}

/** Everything below a directory: path -> what it is, its content and its times. */
export function snapshot(root: string): Map<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs, ctimeMs } = lstatSync(path);
      const content = entry.isFile() ? readFileSync(path, 'latin1') : '';
      return [path.slice(root.length), JSON.stringify([mode, mtimeMs, ctimeMs, content])];
    }),
  );
}
