import type { Content, StorageDriver } from '../../storage/driver.ts';
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
    async read(digest, range) {
      try {
        return await blobs.read(digest, range);
      } catch (error) {
        if (!isUnknownEmptyLayer(error, digest)) throw error;
        return inMemory(emptyLayer.subarray(range?.start ?? 0, (range?.end ?? Infinity) + 1));
      }
    },
  };
}

function isUnknownEmptyLayer(error: unknown, digest: Digest): boolean {
  return (
    digest === emptyLayerDigest && error instanceof RegistryError && error.problems[0].code === 'BLOB_UNKNOWN'
  );
}

function inMemory(bytes: Buffer): Content {
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
    close: () => Promise.resolve(),
  };
}
