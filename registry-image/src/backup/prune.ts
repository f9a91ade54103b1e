import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { keptBlobPath, keptBlobsRoot, snapshotPath } from './backup-layout.ts';
import { listSnapshots, readSnapshot } from './snapshot.ts';

/** Milliseconds for which a blob that no snapshot needs stays: another backup may be about to need it. */
const grace = 48 * 3_600_000;

/** Removes all snapshots but the newest `keep`, and the blobs that none of these needs. Returns the names of the snapshots that went. */
export async function prune(target: StorageDriver, keep: number, signal: AbortSignal): Promise<string[]> {
  const snapshots = await listSnapshots(target);
  const old = snapshots.slice(0, Math.max(0, snapshots.length - keep));
  if (old.length === 0) return [];
  const needed = new Set<string>();
  // Before anything goes: one that cannot be read must not cost its blobs.
  for (const name of snapshots.slice(old.length)) {
    for await (const { layers, revisions } of readSnapshot(target, name)) {
      for (const [, digest] of layers) needed.add(keptBlobPath(digest));
      for (const digest of revisions) needed.add(keptBlobPath(digest));
    }
  }
  for (const name of old) await target.delete(snapshotPath(name));
  for await (const path of keptBlobs(target)) {
    signal.throwIfAborted();
    if (needed.has(`${path}/data`)) continue;
    const { modified } = await target.stat(`${path}/data`).catch(() => ({ modified: 0 }));
    if (Date.now() - modified > grace) await target.delete(path);
  }
  return old;
}

async function* keptBlobs(target: StorageDriver, path = keptBlobsRoot, depth = 0): AsyncGenerator<string> {
  let children;
  try {
    children = await target.children(path);
  } catch (error) {
    if (error instanceof NotFoundError) return;
    throw error;
  }
  for (const { name } of children) {
    if (depth === 2) yield `${path}/${name}`;
    else yield* keptBlobs(target, `${path}/${name}`, depth + 1);
  }
}
