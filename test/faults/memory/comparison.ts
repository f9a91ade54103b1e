import { createLargeBlobClient, makeLargeBlobs, type LargeBlobs } from './large-blobs.ts';
import { createHttp2BlobClient } from './large-blobs-http2.ts';
import { createMemoryGroup } from './memory-group.ts';
import { startRegistryProcess } from '../registry-process.ts';

const mebibyte = 1024 * 1024;
/** "under a 300 MiB memory limit": for the supervisor and both workers together. */
export const memoryLimit = 300 * mebibyte;

/** How the clients reach the registry. */
export type MemoryWay = 'plain HTTP' | 'TLS' | 'HTTP/2';

export interface MemoryOptions {
  /** Uploads at a time, and as many downloads at the same time. */
  readonly concurrency: number;
  /** Bytes of each body. */
  readonly size: number;
  readonly way: MemoryWay;
  readonly report?: (line: string) => void;
}

/** What was seen of one run. */
export interface MemoryRun {
  readonly kills: number;
  /** Whether supervisor and workers are the processes that were started. */
  readonly sameProcesses: boolean;
  /** Most bytes seen (every 100 ms) that could not be given back. */
  readonly heldPeak: number;
  readonly limitHits: number;
  /** Bytes per second, up and down together. */
  readonly throughput: number;
}

/**
 * Downloads all blobs while as many others are uploaded, once without and once with the limit.
 * Throws when any transfer fails or brings a wrong byte.
 */
export async function compareUnderLimit(
  options: MemoryOptions,
): Promise<{ unlimited: MemoryRun; limited: MemoryRun; ratio: number }> {
  const blobs = makeLargeBlobs(2 * options.concurrency, options.size);
  const unlimited = await measure(options, blobs, undefined);
  options.report?.(`without a limit: ${describe(unlimited)}`);
  const limited = await measure(options, blobs, memoryLimit);
  options.report?.(`with ${memoryLimit / mebibyte} MiB: ${describe(limited)}`);
  return { unlimited, limited, ratio: limited.throughput / unlimited.throughput };
}

export function describe(run: MemoryRun): string {
  return (
    `${(run.throughput / mebibyte).toFixed(0)} MiB/s, at most ${(run.heldPeak / mebibyte).toFixed(0)} MiB held, ` +
    `limit hit ${run.limitHits} times, ${run.kills} kills${run.sameProcesses ? '' : ', PROCESSES REPLACED'}`
  );
}

async function measure(
  { concurrency, size, way }: MemoryOptions,
  blobs: LargeBlobs,
  limit: number | undefined,
): Promise<MemoryRun> {
  const group = createMemoryGroup(limit);
  const registry = await startRegistryProcess({
    tls: way !== 'plain HTTP',
    cgroup: group.directory,
  }).catch(async (error: unknown) => {
    await group.remove();
    throw error;
  });
  const client = (way === 'HTTP/2' ? createHttp2BlobClient : createLargeBlobClient)(registry, blobs);
  let heldPeak = 0;
  const sampler = setInterval(() => (heldPeak = Math.max(heldPeak, group.held())), 100);
  try {
    const processes = [registry.pid, ...(await registry.workers())];
    const indices = Array.from({ length: concurrency }, (_, index) => index);
    // What is downloaded later has to be there first.
    for (const index of indices) await client.upload(index);
    const begun = performance.now();
    await Promise.all(
      indices.flatMap((index) => [client.upload(concurrency + index), client.download(index)]),
    );
    const seconds = (performance.now() - begun) / 1000;
    const now = [registry.pid, ...(await registry.workers())];
    return {
      kills: group.kills(),
      sameProcesses: now.join() === processes.join(),
      heldPeak,
      limitHits: group.limitHits(),
      throughput: (2 * concurrency * size) / seconds,
    };
  } finally {
    clearInterval(sampler);
    client.close();
    await registry.dispose();
    await group.remove();
  }
}
