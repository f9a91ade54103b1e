import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';

export interface Waiting {
  /** Milliseconds; for ever without it. */
  readonly limitMs: number | undefined;
  /** What is said when the time is over. */
  readonly late: () => string;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
}

/** Calls `look` until it gives something. @throws CommandError when the time is over */
export async function waitFor<T>(look: () => Promise<T | undefined>, waiting: Waiting): Promise<T> {
  const { limitMs = Infinity, late, everyMs = 500 } = waiting;
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - began + everyMs > limitMs) throw new CommandError(late());
    await sleep(everyMs);
  }
}
