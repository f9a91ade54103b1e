import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError } from './errors.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createWorkQueue, type WorkQueue, type WorkQueueOptions, type WorkResult } from './work-queue.ts';

let queue: WorkQueue;

afterEach(() => queue.stop());

function start(
  process: (key: string, signal: AbortSignal) => Promise<WorkResult>,
  options: Partial<WorkQueueOptions> = {},
): void {
  queue = createWorkQueue({
    process,
    concurrency: 2,
    log: createRecordedLog(),
    backoffMs: [20, 100],
    ...options,
  });
  queue.start();
}

test('coalesces adds: one handling for many, one more for those that came meanwhile', async () => {
  const handled: string[] = [];
  const gate = Promise.withResolvers<void>();
  start(async (key) => {
    handled.push(key);
    await gate.promise;
    return {};
  });
  for (let index = 0; index < 5; index += 1) queue.add('a');
  await vi.waitFor(() => expect(handled).toEqual(['a']));
  for (let index = 0; index < 5; index += 1) queue.add('a');
  await sleep(10);
  expect(handled).toEqual(['a']);
  gate.resolve();
  await vi.waitFor(() => expect(handled).toEqual(['a', 'a']));
  await sleep(10);
  expect(handled).toEqual(['a', 'a']);
});

test('never two at once on one key and never more than the concurrency in all', async () => {
  const active = new Map<string, number>();
  let most = 0;
  let mostPerKey = 0;
  let handled = 0;
  start(async (key) => {
    active.set(key, (active.get(key) ?? 0) + 1);
    mostPerKey = Math.max(mostPerKey, active.get(key) ?? 0);
    most = Math.max(
      most,
      [...active.values()].reduce((sum, count) => sum + count, 0),
    );
    await sleep(Math.random() * 3);
    active.set(key, (active.get(key) ?? 0) - 1);
    handled += 1;
    return {};
  });
  for (let index = 0; index < 200; index += 1) {
    queue.add(`key-${index % 7}`);
    if (index % 10 === 0) await sleep(1);
  }
  await vi.waitFor(() => expect(queue.counts).toEqual({ waiting: 0, active: 0, delayed: 0 }));
  expect(mostPerKey).toBe(1);
  expect(most).toBe(2);
  expect(handled).toBeGreaterThanOrEqual(7);
});

test('a worker that throws before its first await is a failure like any other', async () => {
  let handled = 0;
  start(() => {
    handled += 1;
    if (handled === 1) throw new Error('at once');
    return Promise.resolve({});
  });
  queue.add('a');
  await vi.waitFor(() => expect(handled).toBe(2));
});

test('hands out nothing before start', async () => {
  const process = vi.fn(async () => ({}));
  queue = createWorkQueue({ process, concurrency: 1, log: createRecordedLog() });
  queue.add('a');
  await sleep(10);
  expect(process).not.toHaveBeenCalled();
  queue.start();
  await vi.waitFor(() => expect(process).toHaveBeenCalledOnce());
});

test('a failure comes back after a growing delay, a success clears the count', async () => {
  const times: number[] = [];
  start(
    async () => {
      times.push(performance.now());
      if (times.length < 4) throw new Error('not yet');
      return {};
    },
    { backoffMs: [20, 1000] },
  );
  queue.add('a');
  await vi.waitFor(() => expect(times).toHaveLength(4));
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(gaps[0]).toBeGreaterThanOrEqual(9);
  expect(gaps[2]).toBeGreaterThanOrEqual(39);
  await sleep(100);
  expect(times).toHaveLength(4);
});

test('waits at least as long as the API server asked for', async () => {
  const times: number[] = [];
  start(async () => {
    times.push(performance.now());
    if (times.length === 1) throw new ApiError({ code: 429 }, { retryAfterSeconds: 1 });
    return {};
  });
  queue.add('a');
  await vi.waitFor(() => expect(times).toHaveLength(2), { timeout: 3000 });
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
});

test('requeueAfterMs brings the key back; an add before that takes its place', async () => {
  let handled = 0;
  start(async () => {
    handled += 1;
    return handled === 1 ? { requeueAfterMs: 60 } : {};
  });
  queue.add('a');
  await vi.waitFor(() => expect(queue.counts.delayed).toBe(1));
  queue.add('a');
  await vi.waitFor(() => expect(handled).toBe(2));
  expect(queue.counts.delayed).toBe(0);
  await sleep(100);
  expect(handled).toBe(2);
});

test('of several delays the earliest holds', async () => {
  const process = vi.fn(async () => ({}));
  start(process);
  queue.addAfter('a', 10_000);
  queue.addAfter('a', 20);
  queue.addAfter('a', 10_000);
  await vi.waitFor(() => expect(process).toHaveBeenCalledOnce());
  expect(queue.counts.delayed).toBe(0);
});

test('stop aborts what is under way, waits for it, and starts nothing more', async () => {
  const handled: string[] = [];
  let ended = false;
  start(
    async (key, signal) => {
      handled.push(key);
      await sleep(10_000, undefined, { signal }).catch(() => undefined);
      await sleep(20);
      ended = true;
      throw new Error('aborted');
    },
    { concurrency: 1 },
  );
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 10);
  await vi.waitFor(() => expect(handled).toEqual(['a']));
  queue.add('a');
  await queue.stop();
  expect(ended).toBe(true);
  await sleep(150);
  expect(handled).toEqual(['a']);
});
