import { setTimeout as delay } from 'node:timers/promises';

/** First and longest delay in milliseconds. */
export type BackoffBounds = readonly [number, number];

/** Milliseconds to wait after `failures` (1 or more) failures in a row: doubles each time, the upper half of it at random. */
export function backoffDelay(
  failures: number,
  bounds: BackoffBounds,
  random: () => number = Math.random,
): number {
  const [first, longest] = bounds;
  const full = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random();
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when that aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
