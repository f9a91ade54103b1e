import type { Child, Entry, StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import type { Survey, Surveyed, SurveyOptions } from '../storage/survey.ts';
import { inBatches } from './in-batches.ts';

/** Requests to the storage under way at once. */
export const concurrency = 16;

/** Reads a store with a bounded number of requests at once. Only "does not exist" is undefined; other errors are thrown. */
export interface BoundedReader {
  list(path: string): Promise<Entry[] | undefined>;
  children(path: string): Promise<Child[] | undefined>;
  stat(path: string): Promise<Entry | undefined>;
  content(path: string): Promise<Buffer | undefined>;
  /** What a file holds from a byte on; nothing when it is no longer than that. */
  contentFrom(path: string, start: number): Promise<Buffer | undefined>;
  /** What one look at many files told; of none where it is as quick to look at each by itself. */
  survey(paths: readonly string[], options: SurveyOptions): Promise<Survey>;
}

/** @param signal aborts: every request not yet begun is refused with the signal's reason */
export function createBoundedReader(driver: StorageDriver, signal: AbortSignal): BoundedReader {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function bounded<T>(request: () => Promise<T>): Promise<T | undefined> {
    if (running < concurrency) running++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await request();
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  return {
    list: (path) => bounded(() => driver.list(path)),
    children: (path) => bounded(() => driver.children(path)),
    stat: (path) => bounded(() => driver.stat(path)),
    content: (path) => bounded(() => driver.getContent(path)),
    contentFrom: (path, start) => bounded(() => readFrom(driver, path, start)),
    async survey(paths, options) {
      return (await bounded(async () => driver.survey?.(paths, options))) ?? [];
    },
  };
}

async function readFrom(driver: StorageDriver, path: string, start: number): Promise<Buffer> {
  const content = await driver.reader(path, { start });
  const pieces: Buffer[] = [];
  try {
    // The memory of a piece is used again.
    for await (const piece of content) pieces.push(Buffer.from(piece));
  } finally {
    await content.close();
  }
  return Buffer.concat(pieces);
}

/**
 * Runs `work` on each item, a bounded number at once. After the first failure it begins no other item, waits for those
 * under way, then throws that failure: when it has returned or thrown, nothing of it is running.
 */
export async function forEachBounded<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const lanes = Array.isArray(items) ? Math.min(items.length, concurrency) : concurrency;
  const iterator = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failure; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure) throw failure.error;
}

/** Items that are looked at together. */
const together = 250;

export interface FileLooks<T> extends SurveyOptions {
  /** Undefined: only `ask` can tell of it. */
  readonly pathOf: (item: T) => string | undefined;
  /** Is told what one look at many saw of the file; false: that does not suffice. */
  readonly tell: (item: T, seen: Surveyed) => boolean;
  /** Looks at one by itself. */
  readonly ask: (item: T) => Promise<void>;
}

/** Looks at a file of each item, at many with one call as far as that is quicker; otherwise as `forEachBounded`. */
export async function forEachFile<T>(
  reader: BoundedReader,
  items: Iterable<T>,
  { pathOf, tell, ask, ...options }: FileLooks<T>,
): Promise<void> {
  for (const some of inBatches(items, together)) {
    const open: T[] = [];
    const [surveyed, paths]: [T[], string[]] = [[], []];
    for (const item of some) {
      const path = pathOf(item);
      if (path === undefined) open.push(item);
      else {
        surveyed.push(item);
        paths.push(path);
      }
    }
    // Also of no path: others get their turn, and the signal is looked at.
    const survey = await reader.survey(paths, options);
    for (const [index, item] of surveyed.entries()) {
      const seen = survey[index];
      if (seen === undefined || !tell(item, seen)) open.push(item);
    }
    await forEachBounded(open, ask);
  }
}

/** `forEachBounded` for items that become known on the way: those that `work` adds, the last ones first. */
export async function forEachGrowing<T extends object>(
  first: T,
  work: (item: T, add: (item: T) => void) => Promise<void>,
): Promise<void> {
  const pending: T[] = [first];
  const waiting: (() => void)[] = [];
  let running = 0;
  let failure: { error: unknown } | undefined;

  function add(item: T): void {
    pending.push(item);
    waiting.pop()?.();
  }

  async function run(item: T): Promise<void> {
    running++;
    try {
      await work(item, add);
    } catch (error) {
      failure ??= { error };
    }
    running--;
  }

  async function lane(): Promise<void> {
    for (;;) {
      const item = failure ? undefined : pending.pop();
      if (item) await run(item);
      else if (running > 0 && !failure) await new Promise<void>((resolve) => waiting.push(resolve));
      else break;
    }
    // There will be nothing more to wait for.
    for (const resolve of waiting.splice(0)) resolve();
  }

  await Promise.all(Array.from({ length: concurrency }, lane));
  if (failure) throw failure.error;
}
