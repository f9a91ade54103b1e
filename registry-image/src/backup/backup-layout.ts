import { blobDataPath, blobsRoot } from '../storage/paths.ts';

/**
 * A backup directory: blobs, each once for all snapshots, where the registry's own layout has them; a file for each snapshot; and what is being
 * written. Nothing in it is changed after it got its place.
 */
export const snapshotsRoot = '/snapshots';
export const incomingRoot = '/incoming';
export { blobDataPath as keptBlobPath, blobsRoot as keptBlobsRoot };

const extension = '.jsonl';

export function snapshotPath(name: string): string {
  return `${snapshotsRoot}/${name}${extension}`;
}

/** The name of the snapshot that lies in a file, or undefined when it is none. */
export function snapshotName(file: string): string | undefined {
  return /^\d{8}T\d{6}Z-[0-9a-f]{6}\.jsonl$/.test(file) ? file.slice(0, -extension.length) : undefined;
}

export function incomingPath(id: string): string {
  return `${incomingRoot}/${id}`;
}
