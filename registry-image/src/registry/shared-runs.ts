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

  function begin(name: string, work: () => Promise<T>): Promise<T> {
    const run = work();
    const ended = (): void => void running.delete(name);
    running.set(name, run);
    run.then(ended, ended);
    return run;
  }

  return {
    run(name, work) {
      const known = waiting.get(name);
      if (known) return known;
      const before = running.get(name);
      if (!before) return begin(name, work);
      const beginNext = (): Promise<T> => {
        waiting.delete(name);
        return begin(name, work);
      };
      const next = before.then(beginNext, beginNext);
      waiting.set(name, next);
      return next;
    },
  };
}
