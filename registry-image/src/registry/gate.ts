import { type CommitGate, type GateMode, type SectionOptions, WritesRefusedError } from './commit-gate.ts';
import type { Journal } from './journal.ts';

/**
 * A gate with its control: `set` resolves when, in readOnly or paused, no section is running any more. One that is
 * overtaken by `set('open')` before that never resolves, so nobody takes an open gate for a closed one.
 */
export interface ControlledGate extends CommitGate {
  set(mode: GateMode): Promise<void>;
}

/**
 * The gate of one worker process, open at first.
 * @param options.holdTimeoutMs how long a write waits while paused, in milliseconds
 * @param options.limit how many writes may wait at a time; further ones are refused at once
 */
export function createCommitGate(options: {
  holdTimeoutMs: number;
  limit: number;
  journal: Journal;
}): ControlledGate {
  let mode: GateMode = 'open';
  let running = 0;
  const waiting = new Set<() => void>();
  let idle: (() => void)[] = [];

  function hold(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (waiting.size >= options.limit) throw new WritesRefusedError(mode);
    return new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        waiting.delete(wake);
        if (error === undefined) resolve();
        else reject(error);
      };
      const wake = (): void => settle();
      const aborted = (): void => settle(signal?.reason ?? new Error('the client has gone'));
      const timer = setTimeout(() => settle(new WritesRefusedError('paused')), milliseconds);
      signal?.addEventListener('abort', aborted, { once: true });
      waiting.add(wake);
    });
  }

  function leave(): void {
    running--;
    if (running > 0) return;
    const resolved = idle;
    idle = [];
    for (const resolve of resolved) resolve();
  }

  function currentMode(): GateMode {
    return mode;
  }

  async function run<T>(section: () => Promise<T>, { signal, adds = [] }: SectionOptions = {}): Promise<T> {
    const deadline = performance.now() + options.holdTimeoutMs;
    while (currentMode() === 'paused') {
      signal?.throwIfAborted();
      // Windows that follow each other must not hold one write for longer than the limit in all.
      await hold(Math.max(0, deadline - performance.now()), signal);
    }
    if (currentMode() === 'readOnly') throw new WritesRefusedError('readOnly');
    running++;
    try {
      return await (adds.length > 0 ? options.journal.during(adds, section) : section());
    } finally {
      leave();
    }
  }

  async function set(next: GateMode): Promise<void> {
    mode = next;
    if (next !== 'paused') for (const wake of waiting) wake();
    if (next === 'open') {
      idle = [];
      return;
    }
    if (running > 0) await new Promise<void>((resolve) => idle.push(resolve));
  }

  return {
    get mode() {
      return mode;
    },
    get running() {
      return running;
    },
    get held() {
      return waiting.size;
    },
    run,
    refuseIfReadOnly() {
      if (mode === 'readOnly') throw new WritesRefusedError('readOnly');
    },
    set,
  };
}
