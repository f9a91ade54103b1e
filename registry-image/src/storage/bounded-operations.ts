/** Runs an operation when there is room for it. */
export type Bounded = <T>(operation: () => Promise<T>) => Promise<T>;

/**
 * Bounds how many operations run at a time; the others wait in the order in which they came. By hand, because this lies around every
 * file operation: a general queue cost a fifth of the time of a manifest's GET.
 * @param limit most operations at a time
 */
export function boundOperations(limit: number): Bounded {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async function run<T>(operation: () => Promise<T>): Promise<T> {
    if (running < limit) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await operation();
    } finally {
      // The place is handed on, so that nobody overtakes who waits.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
