export interface BulkOptions {
  /** Asked before each item: when it is true, neither that item nor one after it is begun. */
  readonly until?: () => boolean;
}

/** What became of a list of items: those before `done` were treated, the others were not begun. */
export interface BulkResult {
  readonly done: number;
  /** Indices below `done`, ascending, of items with which nothing could be done (such as a file that is not there). */
  readonly skipped: readonly number[];
}

/**
 * Items under way at once: more than a pool has threads (storage/thread-pool.ts), so that none of those waits for the next, and fewer than
 * the least of `maxthreads`.
 */
export const lanes = 24;

/**
 * Treats items, begun in this order. After a failure it begins no other item, waits for those under way, then throws that failure.
 * @param treat tells whether there was something to do
 */
export async function treatInBulk<T>(
  items: readonly T[],
  treat: (item: T) => Promise<boolean>,
  { until = () => false }: BulkOptions = {},
): Promise<BulkResult> {
  const skipped: number[] = [];
  let next = 0;
  let failure: { error: unknown } | undefined;

  async function lane(): Promise<void> {
    while (!failure && next < items.length && !until()) {
      const index = next++;
      try {
        if (!(await treat(items[index] as T))) skipped.push(index);
      } catch (error) {
        failure ??= { error };
      }
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure) throw failure.error;
  return { done: next, skipped: skipped.sort((a, b) => a - b) };
}
