import type { Duplex } from 'node:stream';
import type { Config } from '../config/index.ts';
import type { StorageDriver } from './driver.ts';

/**
 * Opens the storage that the config names.
 * @param options.channel to the process that keeps the content of `storage.inmemory`: a worker and a collector have one from their supervisor
 * @param options.blocking as of the file system's driver; only for a process that serves nobody
 * @throws Error of one sentence when it cannot be opened from this process
 */
export async function openStorage(options: {
  config: Pick<Config, 'storage'>;
  channel?: Duplex;
  blocking?: boolean;
}): Promise<StorageDriver> {
  const { filesystem, inmemory } = options.config.storage;
  if (!inmemory) {
    const { createFilesystemDriver } = await import('./filesystem.ts');
    return createFilesystemDriver({
      rootDirectory: filesystem.rootdirectory,
      maxThreads: filesystem.maxthreads,
      blocking: options.blocking,
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
