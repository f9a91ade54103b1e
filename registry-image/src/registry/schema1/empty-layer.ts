import type { StorageDriver } from '../../storage/driver.ts';
import { blobDataPath, layerLinkPath, revisionsPath } from '../../storage/paths.ts';
import { blobSize } from '../blobs.ts';
import type { Digest } from '../digest.ts';
import { absentAsUndefined, readLink } from '../links.ts';

/** The layer that stands for a step of the history without one: 1024 zero bytes, an empty tar, compressed by gzip. */
export const emptyLayer = Buffer.from('H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=', 'base64');
export const emptyLayerDigest: Digest =
  'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';

/**
 * Whether a repository answers for the empty layer although nothing of it is stored: every repository that has a
 * manifest does, because any of them may be asked for in schema 1, and a read must not write.
 */
export async function hasEmptyLayer(driver: StorageDriver, repository: string): Promise<boolean> {
  return (await absentAsUndefined(driver.stat(revisionsPath(repository)))) !== undefined;
}

/**
 * Stores and links the empty layer where a manifest that is about to be committed refers to it: its client may have
 * been told that it is there. From then on it is a layer like any other, also for another server on this volume.
 * Runs in a commit section.
 */
export async function storeEmptyLayer(driver: StorageDriver, repository: string): Promise<void> {
  if ((await blobSize(driver, emptyLayerDigest)) === undefined) {
    await driver.putContent(blobDataPath(emptyLayerDigest), emptyLayer);
  }
  const link = layerLinkPath(repository, emptyLayerDigest);
  if ((await readLink(driver, link)) === undefined) await driver.putContent(link, emptyLayerDigest);
}
