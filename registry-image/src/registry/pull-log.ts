import type { StorageDriver } from '../storage/driver.ts';
import { dayOf, endOfDay, pullsPath } from '../storage/paths.ts';

/** Remembers on which days manifests were pulled, for the retention rules of collections (`keepPulledWithin`). */
export interface PullLog {
  /** A manifest was served. Costs a look-up; the storage learns of it within a second, once a day. */
  record(repository: string, digest: string): void;
  /** Resolves when what was recorded is on the storage, or cannot be put there now. */
  flush(): Promise<void>;
}

/** Milliseconds until what was recorded is written down. */
const writeAfter = 1_000;
/** Milliseconds after which writing is tried again when the storage refused it. */
const writeAgain = 30_000;
/** What is remembered, or waits to be written, at most; more is written twice, or forgotten while the storage takes no writes. */
const limit = 50_000;

/** @param options.process names this process as no other was ever named */
export function createPullLog(options: {
  driver: Pick<StorageDriver, 'append'>;
  process: string;
  /** Milliseconds since the epoch. */
  now: () => number;
}): PullLog {
  const { driver, now } = options;
  const recorded = new Set<string>();
  /** The present day, and the time at which it ends. */
  let day = '';
  let dayEnds = 0;
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function record(repository: string, digest: string): void {
    const time = now();
    if (time >= dayEnds || recorded.size >= limit) {
      day = dayOf(time);
      dayEnds = endOfDay(day);
      recorded.clear();
    }
    const line = `${day} ${repository} ${digest}\n`;
    if (recorded.has(line)) return;
    recorded.add(line);
    if (waiting.length < limit) waiting.push(line);
    schedule(writeAfter);
  }

  function schedule(milliseconds: number): void {
    timer ??= setTimeout(() => void flush(), milliseconds).unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  }

  async function write(): Promise<void> {
    if (waiting.length === 0) return;
    const lines = waiting;
    waiting = [];
    try {
      await driver.append(pullsPath(dayOf(now()), options.process), lines.join(''));
    } catch {
      // A storage that takes no writes serves pulls all the same.
      waiting = [...lines, ...waiting].slice(0, limit);
      schedule(writeAgain);
    }
  }

  return { record, flush };
}
