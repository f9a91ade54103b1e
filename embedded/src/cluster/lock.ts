import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { waitFor } from '../process/wait.ts';
import type { Progress } from '../progress.ts';
import { identify, isAlive } from './supervisor/process-identity.ts';
import type { ProcessIdentity } from './supervisor/process-identity.ts';

/** Longest wait for another start or stop to end. */
const timeoutMs = 300_000;

/** Runs `work` while no other process starts or stops the cluster. A lock whose holder is gone does not count. */
export async function withLock<T>(path: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (!tryLock(path)) {
    progress.step('waiting for another start or stop of the cluster to end');
    await waitFor(() => tryLock(path), { what: `the lock ${path}`, timeoutMs, intervalMs: 200 });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  const own = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    // A link appears whole or not at all, unlike a new file.
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!holderLives(path)) rmSync(path, { force: true });
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function holderLives(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch {
    return false;
  }
}
