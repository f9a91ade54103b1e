import type { Duplex } from 'node:stream';
import type { Config } from '../config/index.ts';
import type { StorageDriver } from './driver.ts';

/**
 * Opens the storage that the config names.
 * @param options.channel to the process that keeps the content of `storage.inmemory`: a worker and a collector have one from their supervisor
 * @throws Error of one sentence when it cannot be opened from this process
 */
export async function openStorage(options: {
  config: Pick<Config, 'storage'>;
  channel?: Duplex;
}): Promise<StorageDriver> {
  const { filesystem, inmemory } = options.config.storage;
  if (!inmemory) {
    const { createFilesystemDriver } = await import('./filesystem.ts');
    return createFilesystemDriver({
      rootDirectory: filesystem.rootdirectory,
      maxThreads: filesystem.maxthreads,
    });
  }
  if (!options.channel) {
    throw new Error(
      'storage.inmemory is the memory of the registry that serves: no other command reaches it',
    );
  }
  const { createRemoteDriver } = await import('./remote.ts');
  return createRemoteDriver({ name: 'inmemory', stream: options.channel });
}
