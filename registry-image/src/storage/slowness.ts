/** What calls of a storage that blocked their thread took, in milliseconds. */
export interface Taken {
  readonly wall: number;
  /** As `processorTime` measures it. */
  readonly cpu: number;
}

/** Milliseconds above which a call is long, whatever it did. */
const longMs = 0.3;
/** Milliseconds a call below which a promise for each costs more than is won when their waits overlap. */
const worthOverlapMs = 0.03;

/** Whether calls that took so many milliseconds may have been slow: only then is it worth it to measure what they computed. */
export function mayBeSlow(wall: number, count: number): boolean {
  return wall > worthOverlapMs * count;
}

/**
 * When a storage is too slow to be called synchronously: waits that can overlap are most of the time, even where each of them is short.
 * @param count calls of the storage that it took
 */
export function isSlow({ wall, cpu }: Taken, count: number): boolean {
  return wall > longMs * count || (mayBeSlow(wall, count) && wall - cpu > wall / 2);
}

/**
 * Of the whole process, which takes 0.3 us, and several times that with many threads. Linux counts that of the running thread alone
 * (`threadCpuUsage`) only at each tick of 4 ms and when it waits: work of 1 ms seems to take no time at all. Threads that work beside this one make the storage seem quicker than it is.
 * @returns milliseconds of a processor until now
 */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
