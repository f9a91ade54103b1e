/**
 * Work that many ask for at a time and that is done once for all of them, each time from its beginning: who asks gets
 * the result of a run that begins after that.
 */
export interface SharedRuns<T> {
  /** Runs `work` once no other run of this name is under way, together with all who wait for the same. */
  run(name: string, work: () => Promise<T>): Promise<T>;
}

export function createSharedRuns<T>(): SharedRuns<T> {
  const running = new Map<string, Promise<T>>();
  const waiting = new Map<string, Promise<T>>();

  async function begin(name: string, work: () => Promise<T>): Promise<T> {
    await running.get(name)?.catch(() => {});
    waiting.delete(name);
    const run = work();
    running.set(name, run);
    try {
      return await run;
    } finally {
      if (running.get(name) === run) running.delete(name);
    }
  }

  return {
    run(name, work) {
      const known = waiting.get(name);
      if (known) return known;
      const next = begin(name, work);
      waiting.set(name, next);
      return next;
    },
  };
}
