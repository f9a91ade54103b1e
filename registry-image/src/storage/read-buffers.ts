/** Bytes per read: large while few files are read at the same time, so that many readers share what one may waste. */
const large = 256 * 1024;
const small = 64 * 1024;
/** Bytes of large buffers in use at a time, and of free ones that are kept. */
const largeBudget = 8 * 1024 * 1024;
const keptSmall = 32;

/**
 * The memory that files are read into. It is used again: buffers that are allocated for each read are freed so late that
 * 64 downloads take hundreds of megabytes.
 */
export interface ReadBuffers {
  /** @param wanted bytes that will be read in all; a small buffer is enough for little */
  take(wanted: number): Buffer;
  give(buffer: Buffer): void;
}

export function createReadBuffers(): ReadBuffers {
  const freeLarge: Buffer[] = [];
  const freeSmall: Buffer[] = [];
  let largeInUse = 0;

  return {
    take(wanted) {
      if (wanted <= small || largeInUse >= largeBudget)
        return freeSmall.pop() ?? Buffer.allocUnsafeSlow(small);
      largeInUse += large;
      return freeLarge.pop() ?? Buffer.allocUnsafeSlow(large);
    },
    give(buffer) {
      if (buffer.length === small) {
        if (freeSmall.length < keptSmall) freeSmall.push(buffer);
        return;
      }
      largeInUse -= large;
      freeLarge.push(buffer);
    },
  };
}
