import { describe, expect, it } from 'vitest';
import { WritesRefusedError } from './commit-gate.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { createCommitGate } from './gate.ts';
import { createJournal } from './journal.ts';

const journal = createJournal({ driver: createMemoryDriver(), process: 'test' });

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const first = await Promise.race([
    promise.catch(() => {}),
    new Promise((done) => setTimeout(done, 5, pending)),
  ]);
  return first !== pending;
}

describe('the commit gate', () => {
  it('lets sections through while it is open, and hands on what they throw', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 10, journal });
    expect(await gate.run(async () => 42)).toBe(42);
    await expect(gate.run(async () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    expect(gate.running).toBe(0);
  });

  it.each(['paused', 'readOnly'] as const)('is %s only when the last section has ended', async (mode) => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 10, journal });
    const [first, second] = [deferred(), deferred()];
    const sections = [gate.run(() => first.promise), gate.run(() => second.promise)];
    const closed = gate.set(mode);
    first.resolve();
    expect(await isSettled(closed)).toBe(false);
    second.resolve();
    await closed;
    expect(gate.running).toBe(0);
    await Promise.all(sections);
  });

  it('holds sections while paused and runs them when it opens', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 10, journal });
    await gate.set('paused');
    let ran = false;
    const held = gate.run(async () => {
      ran = true;
    });
    expect(await isSettled(held)).toBe(false);
    expect([gate.held, ran]).toEqual([1, false]);
    await gate.set('open');
    await held;
    expect([gate.held, ran]).toEqual([0, true]);
  });

  it('refuses what was held for too long, also over several windows', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 60, limit: 10, journal });
    await gate.set('paused');
    const held = gate.run(async () => {});
    const flapping = setInterval(() => {
      void gate.set('open');
      void gate.set('paused');
    }, 10);
    const started = performance.now();
    await expect(held).rejects.toThrow('paused for garbage collection');
    clearInterval(flapping);
    expect(performance.now() - started).toBeLessThan(500);
    expect(gate.held).toBe(0);
  });

  it('refuses at once what is too much to hold, and everything while it is read-only', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 1, journal });
    await gate.set('paused');
    expect(() => gate.refuseIfReadOnly()).not.toThrow();
    const held = gate.run(async () => {});
    await expect(gate.run(async () => {})).rejects.toBeInstanceOf(WritesRefusedError);
    await gate.set('readOnly');
    await expect(held).rejects.toThrow('the registry is in read-only mode');
    await expect(gate.run(async () => {})).rejects.toThrow('the registry is in read-only mode');
    expect(() => gate.refuseIfReadOnly()).toThrow(WritesRefusedError);
  });

  it('forgets a client that has gone', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 1, journal });
    await gate.set('paused');
    const controller = new AbortController();
    const held = gate.run(async () => {}, { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(held).rejects.toThrow('gone');
    expect(gate.held).toBe(0);
    await expect(gate.run(async () => {}, { signal: controller.signal })).rejects.toThrow('gone');
  });

  it('never tells that it is closed when it was opened meanwhile', async () => {
    const gate = createCommitGate({ holdTimeoutMs: 1000, limit: 1, journal });
    const section = deferred();
    const running = gate.run(() => section.promise);
    const closed = gate.set('paused');
    await gate.set('open');
    section.resolve();
    await running;
    expect(await isSettled(closed)).toBe(false);
  });
});
