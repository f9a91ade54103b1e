import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Scheduler } from './scheduler.ts';

/**
 * Makes the clocks, timers and random identifiers of this thread those of a schedule while `work` runs, so that a seed tells all
 * that happens. For a thread that does nothing else meanwhile.
 */
export async function inVirtualTime<T>(scheduler: Scheduler, work: () => Promise<T>): Promise<T> {
  const before = {
    now: Date.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    randomUUID: crypto.randomUUID,
    stackTraceLimit: Error.stackTraceLimit,
  };
  let ids = 0;
  Date.now = () => scheduler.now();
  performance.now = () => scheduler.monotonic();
  globalThis.setTimeout = ((fire: () => void) => scheduler.setTimer(fire)) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((id: number) => scheduler.clearTimer(id)) as unknown as typeof clearTimeout;
  crypto.randomUUID = () => `00000000-0000-4000-8000-${(++ids).toString(16).padStart(12, '0')}`;
  // "Does not exist" is no failure here, and its trace is what costs most.
  Error.stackTraceLimit = 0;
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Date.now = before.now;
    Reflect.deleteProperty(performance, 'now');
    globalThis.setTimeout = before.setTimeout;
    globalThis.clearTimeout = before.clearTimeout;
    crypto.randomUUID = before.randomUUID;
    Error.stackTraceLimit = before.stackTraceLimit;
    syncBuiltinESMExports();
  }
}
