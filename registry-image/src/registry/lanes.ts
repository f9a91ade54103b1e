/** Runs `work` on what comes from `items`, at most `lanes` at a time; the first failure ends it. */
export async function forEachInLanes<T>(
  items: AsyncIterable<T> | Iterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  for await (const item of items) {
    if (failure) break;
    const task = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= lanes) await Promise.race(running);
  }
  await Promise.all(running);
  if (failure) throw failure.error;
}
