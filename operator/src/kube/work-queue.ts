import { backoffDelay } from './backoff.ts';
import { ApiError } from './errors.ts';
import type { Log } from './log.ts';

/** What a worker says of a key it handled; a rejection means: again, after a backoff. */
export interface WorkResult {
  /** Milliseconds after which the key is handled again even if nothing adds it; left out: done. */
  requeueAfterMs?: number;
}

export interface WorkQueueOptions {
  /** Never called for one key twice at the same time. The signal aborts when the queue stops. */
  process: (key: string, signal: AbortSignal) => Promise<WorkResult>;
  /** Keys handled at the same time. */
  concurrency: number;
  log: Log;
  /** First and longest delay in milliseconds after a failure; 200 and 60,000 when left out. Doubles per failure in a row, with jitter. */
  backoffMs?: readonly [number, number];
}

/** Keys waiting to be handled. A key waits at most once, however often it is added. */
export interface WorkQueue {
  /** Handles the key as soon as a worker is free; when it is being handled right now, once more after that. */
  add(key: string): void;
  /** Adds the key after `delayMs`; the earliest of several times holds. A start of the key before then takes its place. */
  addAfter(key: string, delayMs: number): void;
  /** Begins to hand out keys. Idempotent. */
  start(): void;
  /** Hands out no more keys, aborts the signal of those being handled, and resolves when they have ended. */
  stop(): Promise<void>;
  /** Keys waiting now, those being handled, and those that wait for a time. */
  readonly counts: { waiting: number; active: number; delayed: number };
}

const defaultBackoffMs = [200, 60_000] as const;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { process, concurrency, log, backoffMs = defaultBackoffMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiting = new Set<string>();
  const active = new Map<string, Promise<void>>();
  /** Added while active: to be handled once more. */
  const again = new Set<string>();
  const delayed = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  const failures = new Map<string, number>();
  let started = false;
  let planned: NodeJS.Immediate | undefined;

  /** Not at once: what one burst of watch events adds is handled together. */
  function plan(): void {
    planned ??= setImmediate(pump);
  }

  function pump(): void {
    planned = undefined;
    if (!started || signal.aborted) return;
    for (const key of waiting) {
      if (active.size >= concurrency) return;
      waiting.delete(key);
      cancelDelay(key);
      active.set(key, work(key));
    }
  }

  async function work(key: string): Promise<void> {
    try {
      const { requeueAfterMs } = await Promise.try(process, key, signal);
      failures.delete(key);
      if (requeueAfterMs !== undefined) addAfter(key, requeueAfterMs);
    } catch (error) {
      if (!signal.aborted) backOff(key, error);
    } finally {
      active.delete(key);
      if (again.delete(key)) add(key);
      else plan();
    }
  }

  function backOff(key: string, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = Math.max(asked, backoffDelay(count, backoffMs));
    log.warn({ err: error, key, failures: count, delayMs }, 'handling failed; trying again');
    addAfter(key, delayMs);
  }

  function add(key: string): void {
    if (signal.aborted) return;
    if (active.has(key)) {
      again.add(key);
      return;
    }
    waiting.add(key);
    plan();
  }

  function addAfter(key: string, delayMs: number): void {
    if (signal.aborted) return;
    const at = performance.now() + delayMs;
    const earlier = delayed.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    cancelDelay(key);
    const timer = setTimeout(() => {
      delayed.delete(key);
      add(key);
    }, delayMs);
    delayed.set(key, { timer, at });
  }

  function cancelDelay(key: string): void {
    clearTimeout(delayed.get(key)?.timer);
    delayed.delete(key);
  }

  function start(): void {
    started = true;
    plan();
  }

  async function stop(): Promise<void> {
    stopping.abort();
    waiting.clear();
    for (const key of delayed.keys()) cancelDelay(key);
    await Promise.all(active.values());
  }

  return {
    add,
    addAfter,
    start,
    stop,
    get counts(): WorkQueue['counts'] {
      return { waiting: waiting.size, active: active.size, delayed: delayed.size };
    },
  };
}
