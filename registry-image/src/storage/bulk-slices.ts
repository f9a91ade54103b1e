import { type BulkOptions, type BulkResult, treatInBulk } from './bulk-operations.ts';
import type { Call } from './quick-calls.ts';

/** What is done with an item, in two ways. Both tell whether there was something to do. */
export interface Treatment<T> {
  /** Undefined: nothing was done, and the other way is to be tried. */
  readonly sync: (item: T) => boolean | undefined;
  readonly async: (item: T) => Promise<boolean>;
}

/** Items that are treated before anything else gets a turn, and milliseconds, if those are over sooner. */
const slice = { items: 32, milliseconds: 2 };
/** Items of which so many as `treatInBulk` has lanes are under way at once on a slow storage. */
const asyncLength = 512;

/** As `treatInBulk`, several items with one call while the storage is quick: a promise for each costs as much as what is done with it. */
export async function treatInSlices<T>(
  items: readonly T[],
  { sync, async, call }: Treatment<T> & { readonly call: Call },
  { until = () => false }: BulkOptions = {},
): Promise<BulkResult> {
  const skipped: number[] = [];
  let next = 0;

  /** @returns whether the last item is still to be treated, in the other way */
  function treatSlice(): boolean {
    const [end, time] = [Math.min(items.length, next + slice.items), performance.now() + slice.milliseconds];
    while (next < end && !until()) {
      const index = next++;
      const done = sync(items[index] as T);
      if (done === undefined) return true;
      if (!done) skipped.push(index);
      if (performance.now() > time) break;
    }
    return false;
  }

  async function treatSlowly(): Promise<boolean> {
    const from = next;
    const some = await treatInBulk(items.slice(from, from + asyncLength), async, { until });
    skipped.push(...some.skipped.map((index) => from + index));
    next = from + some.done;
    return false;
  }

  while (next < items.length && !until()) {
    const from = next;
    const isLeft = await call(treatSlice, treatSlowly, () => next - from);
    if (isLeft && !(await async(items[next - 1] as T))) skipped.push(next - 1);
  }
  return { done: next, skipped };
}
