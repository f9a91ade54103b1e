/** Memory for bodies that are read whole. */
export interface ByteBudget {
  /** Runs `work` when so many bytes are free, in the order in which they were asked for; more than there are means all. */
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** @param options.bytes how many are in use at a time */
export function createByteBudget(options: { bytes: number }): ByteBudget {
  const waiting: { bytes: number; start: () => void }[] = [];
  let free = options.bytes;

  function startNext(): void {
    for (let next = waiting[0]; next && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.start();
    }
  }

  return {
    async run(bytes, work) {
      const wanted = Math.min(bytes, options.bytes);
      await new Promise<void>((start) => {
        waiting.push({ bytes: wanted, start });
        startNext();
      });
      try {
        return await work();
      } finally {
        free += wanted;
        startNext();
      }
    },
  };
}
