import type { StorageDriver } from '../../storage/driver.ts';
import type { Blobs } from '../blobs.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { emptyLayer, emptyLayerDigest, hasEmptyLayer } from './empty-layer.ts';

/** Blobs that have the empty layer, also where it is not stored. */
export function withEmptyLayer(blobs: Blobs, options: { driver: StorageDriver }): Blobs {
  return {
    ...blobs,
    async stat(repository, digest, statOptions) {
      try {
        return await blobs.stat(repository, digest, statOptions);
      } catch (error) {
        if (!isUnknownEmptyLayer(error, digest)) throw error;
        if (!(await hasEmptyLayer(options.driver, repository))) throw error;
        return { digest, size: emptyLayer.length };
      }
    },
    async read(blob, range) {
      try {
        return await blobs.read(blob, range);
      } catch (error) {
        if (!isUnknownEmptyLayer(error, blob.digest)) throw error;
        return emptyLayer.subarray(range.start, range.end + 1);
      }
    },
  };
}

function isUnknownEmptyLayer(error: unknown, digest: Digest): boolean {
  return (
    digest === emptyLayerDigest && error instanceof RegistryError && error.problems[0].code === 'BLOB_UNKNOWN'
  );
}
