import { setTimeout as sleep } from 'node:timers/promises';

/** A wait that ended without what was waited for. */
export class WaitTimeout extends Error {
  override readonly name = 'WaitTimeout';
}

/** What is waited for, for how long, and how often it is looked for. */
export interface WaitOptions {
  /** Completes the sentence "… was not there after 30 s", for example `the node's Ready condition`. */
  what: string;
  timeoutMs: number;
  intervalMs?: number;
}

/**
 * Calls `attempt` until it answers something other than undefined or false, and returns that.
 * An exception from `attempt` ends the wait. Throws WaitTimeout when the time is up.
 */
export async function waitFor<T>(
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const found = await attempt();
    if (found !== undefined && found !== false) return found;
    if (performance.now() >= deadline) {
      throw new WaitTimeout(`${options.what} was not there after ${options.timeoutMs / 1000} s`);
    }
    await sleep(options.intervalMs ?? 100);
  }
}
