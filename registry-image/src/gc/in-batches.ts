/** Files that are changed with one call to the storage. */
export const batch = 2_000;

/** As many of them at a time as are given to the storage in one call. */
export function* inBatches<T>(items: Iterable<T>, size = batch): Generator<T[]> {
  let pending: T[] = [];
  for (const item of items) {
    pending.push(item);
    if (pending.length < size) continue;
    yield pending;
    pending = [];
  }
  if (pending.length > 0) yield pending;
}
