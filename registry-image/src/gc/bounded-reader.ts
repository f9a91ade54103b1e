import type { Child, Entry, StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import type { Survey, SurveyOptions } from '../storage/survey.ts';
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
  /** A reader that has looked at these paths already, where that is quicker than to look at each when it is asked for. */
  ahead(paths: readonly string[], options: SurveyOptions): Promise<BoundedReader>;
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

  const reader: BoundedReader = {
    list: (path) => bounded(() => driver.list(path)),
    children: (path) => bounded(() => driver.children(path)),
    stat: (path) => bounded(() => driver.stat(path)),
    content: (path) => bounded(() => driver.getContent(path)),
    contentFrom: (path, start) => bounded(() => readFrom(driver, path, start)),
    async ahead(paths, options) {
      const survey = await bounded(async () => driver.survey?.(paths, options));
      return survey ? withSurvey(reader, survey) : reader;
    },
  };
  return reader;
}

/** Answers from a survey what it tells; what it looks ahead at itself is told by that alone. */
function withSurvey(reader: BoundedReader, survey: Survey): BoundedReader {
  return {
    ...reader,
    children(path) {
      const known = survey.get(path);
      if (known === null) return absent;
      return known && 'children' in known ? Promise.resolve(known.children) : reader.children(path);
    },
    stat(path) {
      const known = survey.get(path);
      if (known === null) return absent;
      if (!known || 'children' in known) return reader.stat(path);
      return Promise.resolve({ path, isDirectory: false, ...known });
    },
    content: (path) => (survey.get(path) === null ? absent : reader.content(path)),
  };
}

const absent = Promise.resolve(undefined);

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
const aheadOf = 250;

/**
 * The same with a reader that has looked ahead at some items at a time.
 * @param options.pathOf where there is something to look at; undefined: nowhere
 */
export async function forEachAhead<T>(
  reader: BoundedReader,
  items: Iterable<T>,
  { pathOf, depth }: SurveyOptions & { readonly pathOf: (item: T) => string | undefined },
  work: (near: BoundedReader, item: T) => Promise<void>,
): Promise<void> {
  for (const some of inBatches(items, aheadOf)) {
    const paths = some.map(pathOf).filter((path) => path !== undefined);
    const near = await reader.ahead(paths, { depth });
    await forEachBounded(some, (item) => work(near, item));
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
