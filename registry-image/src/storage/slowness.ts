/** What calls of a storage that blocked their thread took, in milliseconds. */
export interface Taken {
  readonly wall: number;
  /** As `cpuTime` measures it. */
  readonly cpu: number;
}

/** When a storage is too slow to be called synchronously. */
export interface Slowness {
  /** Milliseconds of a processor until now; always the same where `isSlow` does not ask for it. */
  readonly cpuTime: () => number;
  /** @param count calls of the storage that it took */
  readonly isSlow: (taken: Taken, count: number) => boolean;
}

/** Milliseconds above which a single call has waited for something. */
const slowMs = 0.3;
/** Milliseconds a change below which a promise for each costs more than is won when their waits overlap. */
const worthOverlapMs = 0.03;

/** Of single calls, each of which is too short to measure more than how long it took. */
export const longCalls: Slowness = {
  cpuTime: () => 0,
  isSlow: ({ wall }, count) => wall > slowMs * count,
};

/** Of many changes with one call: waits that can overlap are most of the time, even where each of them is short. */
export const waits: Slowness = {
  cpuTime: processorTime,
  isSlow: ({ wall, cpu }, count) => wall > worthOverlapMs * count && wall - cpu > wall / 2,
};

/**
 * Of the whole process, which takes 0.3 us. Linux counts that of the running thread alone (`threadCpuUsage`) only at each tick of 4 ms and
 * when it waits: work of 1 ms seems to take no time at all. Threads that work beside this one make the storage seem quicker than it is.
 */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
