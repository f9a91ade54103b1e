import type { ChildProcess } from 'node:child_process';
import { type Duplex } from 'node:stream';
import { Socket } from 'node:net';
import type { Config } from '../config/schema.ts';

type Stdio = ('inherit' | 'ipc' | 'pipe')[];

/** Descriptor, in a worker or a collector, of its connection to the storage that the supervisor keeps; 3 is IPC. */
const descriptor = 4;

/**
 * The supervisor's side of the storage: what `storage.inmemory` holds lives as long as the supervisor, so that workers can be
 * replaced and a collector forked. Every other storage is reached by each process itself.
 */
export interface StorageKeeper {
  /** How the streams of a child process are made. */
  readonly stdio: Stdio;
  /** Lets a child that was made so use the storage. */
  serve(child: ChildProcess): void;
}

export async function createStorageKeeper(config: Pick<Config, 'storage'>): Promise<StorageKeeper> {
  const stdio: Stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  if (!config.storage.inmemory) return { stdio, serve: () => {} };
  const [{ createMemoryDriver }, { serveStorage }] = await Promise.all([
    import('../storage/memory.ts'),
    import('../storage/remote-server.ts'),
  ]);
  const driver = createMemoryDriver();
  return {
    stdio: [...stdio, 'pipe'],
    serve(child) {
      const stream = child.stdio[descriptor];
      if (stream) serveStorage(driver, stream as Duplex);
    },
  };
}

/** The other end, in a child process; undefined when there is none. */
export function storageChannel(config: Pick<Config, 'storage'>): Duplex | undefined {
  return config.storage.inmemory ? new Socket({ fd: descriptor, readable: true, writable: true }) : undefined;
}
