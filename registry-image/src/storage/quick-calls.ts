import { setImmediate } from 'node:timers/promises';
import { createSlowSpells } from './slow-spells.ts';
import { isSlow, mayBeSlow, processorTime } from './slowness.ts';

/** Milliseconds for which synchronous calls keep a thread from everything else. */
const sliceMs = 5;
/** Calls of which the time of the processor is measured, after one that took long. */
const measuredCalls = 32;

/** Does the same thing in one of two ways. `countOf` tells how many calls of the storage a result took. */
export type Call = <T>(sync: () => T, async: () => Promise<T>, countOf?: (result: T) => number) => Promise<T>;

/** For a process that serves: no call ever blocks its thread. */
export const callAsync: Call = (_, async) => async();

/**
 * Calls a storage synchronously while it is quick, else asynchronously. A promise of the file system costs several times what a call does whose answer is in the memory of the machine, and nothing beside a call that
 * waits for a disk or a network. So calls block the thread as long as most of them are short; whatever else waits for the thread gets a
 * turn every few milliseconds. Each that is made finds out for itself: what is slow may be one kind of calls alone.
 * @param clocks milliseconds, of a wall and of a processor
 */
export function createQuickCall({
  now = () => performance.now(),
  cpuTime = processorTime,
}: { now?: () => number; cpuTime?: () => number } = {}): Call {
  const judge = createSlowSpells();
  let sliceBegan = -sliceMs;
  let stayAsync = 0;
  let measured = 0;
  let turn: Promise<void> | undefined;

  async function giveTurn(): Promise<void> {
    await setImmediate();
    sliceBegan = now();
    turn = undefined;
  }

  /** Counts all but one of the calls that a result took asynchronously. */
  function countAsync(count: number): void {
    stayAsync -= Math.max(0, count - 1);
  }

  // Not an async function: there is one around each of hundreds of thousands of calls already.
  return function call<T>(
    sync: () => T,
    async: () => Promise<T>,
    countOf: (result: T) => number = one,
  ): Promise<T> {
    if (turn) return turn.then(() => call(sync, async, countOf));
    if (stayAsync > 0) {
      stayAsync--;
      const slow = async();
      return countOf === one ? slow : slow.then((result) => (countAsync(countOf(result)), result));
    }
    // As long as the storage is quick, to measure that would take a tenth of the time of the calls.
    const cpuBefore = measured > 0 ? cpuTime() : undefined;
    const began = now();
    let count = 1;
    try {
      const result = sync();
      count = countOf(result);
      return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      const ended = now();
      const wall = ended - began;
      const calls = Math.max(1, count);
      const cpu = cpuBefore === undefined ? wall : cpuTime() - cpuBefore;
      stayAsync = judge(isSlow({ wall, cpu }, calls));
      measured = mayBeSlow(wall, calls) ? measuredCalls : Math.max(0, measured - 1);
      if (ended - sliceBegan > sliceMs) turn ??= giveTurn();
    }
  };
}

function one(): number {
  return 1;
}
