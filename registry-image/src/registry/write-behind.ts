import type { Appender } from '../storage/driver.ts';

/** Bytes that may wait while others are written; a body that comes in faster waits. */
const limit = 128 * 1024;

/** Appends small pieces in few large writes: what comes in while one write is under way goes out with the next. */
export interface WriteBehind {
  /** Resolves when more may come. @throws what a write before this has thrown */
  write(chunk: Buffer): Promise<void>;
  /** Resolves when everything is written. @throws as `write` */
  flush(): Promise<void>;
}

export function createWriteBehind(appender: Appender): WriteBehind {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  async function writeAll(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const chunks = waiting;
        waiting = [];
        waitingBytes = 0;
        await appender.write(chunks);
      }
    } catch (error) {
      failure = { error };
    } finally {
      writing = undefined;
    }
  }

  async function settled(): Promise<void> {
    await writing;
    if (failure) throw failure.error;
  }

  return {
    async write(chunk) {
      if (failure) throw failure.error;
      waiting.push(chunk);
      waitingBytes += chunk.length;
      writing ??= writeAll();
      if (waitingBytes >= limit) await settled();
    },
    flush: settled,
  };
}
