import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at, get, kubectl } from './kubernetes.ts';

/** Where a Registry's volume lies on this machine (the embedded cluster provisions local volumes). */
export async function volumePath(namespace: string, name: string): Promise<string> {
  const claim = await get('pvc', namespace, `${name}-data`);
  const volume: unknown = JSON.parse(
    await kubectl(['get', 'pv', String(at(claim, 'spec.volumeName')), '-o', 'json']),
  );
  return String(at(volume, 'spec.local.path'));
}

/** Digests of the blobs that lie in a volume, sorted. */
export async function blobsIn(volume: string): Promise<string[]> {
  const root = join(volume, 'docker/registry/v2/blobs/sha256');
  if (!existsSync(root)) return [];
  const digests: string[] = [];
  for (const prefix of await readdir(root)) {
    for (const hex of await readdir(join(root, prefix))) {
      if (existsSync(join(root, prefix, hex, 'data'))) digests.push(`sha256:${hex}`);
    }
  }
  return digests.sort();
}
