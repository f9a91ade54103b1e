import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { type CollectionMaintenance, CollectionOptions } from '../config/maintenance.ts';
import type { StorageWindow } from '../gc/storage-window.ts';
import type { CollectionRunner } from './collection-runner.ts';
import { createMaintainer } from './maintainer.ts';
import { systemClock } from './maintenance-window.ts';
import type { Pool } from './pool.ts';

const options = CollectionOptions.parse({ minAge: 0 });
const order = { pod: 'pod-0', options };
const window = { deadline: new Date(Date.now() + 60_000).toISOString() };
const counts = {} as NonNullable<CollectionRunner['state']>['counts'];

/** A maintainer whose collector works until it is killed, and whose workers follow at once. */
function stage() {
  const events: string[] = [];
  const done = new Set<string>();
  let collection: Pick<CollectionRunner, 'state' | 'running'> = { state: null, running: null };
  const runner: CollectionRunner = {
    get state() {
      return collection.state;
    },
    get running() {
      return collection.running;
    },
    start({ kind, run, attempt }) {
      const key = `${kind} ${run} ${attempt}`;
      if (collection.running || done.has(key)) return;
      done.add(key);
      events.push(kind === 'mark' ? `mark ${run} ${attempt}` : `${kind} ${run}`);
      const phase = {
        mark: 'Marking',
        collect: 'Sweeping',
        confirm: 'Confirming',
        restore: 'Restoring',
      } as const;
      const state = { run, attempt, phase: phase[kind], touched: true, remaining: 0, counts };
      collection = { running: kind, state };
    },
    sweep(run, attempt, { budget }) {
      if (collection.running !== 'mark' || collection.state?.run !== run) return false;
      if (collection.state.phase !== 'Marked' && collection.state.phase !== 'Swept') return false;
      const key = `collect ${run} ${attempt}`;
      if (done.has(key)) return true;
      done.add(key);
      events.push(`sweep ${run} ${attempt} for ${budget} ms`);
      collection = { running: 'collect', state: { ...collection.state, attempt, phase: 'Sweeping' } };
      return true;
    },
    fail(run, attempt, reason) {
      events.push(reason);
      const state = { run, attempt, phase: 'Failed', touched: false, remaining: 0, counts } as const;
      collection = { running: null, state };
    },
    plan: () => undefined,
    kill(reason) {
      events.push(reason);
      collection = { ...collection, running: null };
    },
  };
  const log = pino({ level: 'silent' });
  const maintainer = createMaintainer({
    pod: 'pod-0',
    boot: 'boot-0',
    readOnly: false,
    collection: runner,
    clock: systemClock,
    log,
  });
  const restart = (): void => void events.push('restart');
  const prepare = (): void => void events.push('prepare');
  const dismiss = (): void => void events.push('dismiss');
  const pool = {
    applied: () => true,
    set: () => {},
    generation: 0,
    serving: true,
    workers: [],
    restart,
    prepare,
    dismiss,
    prepared: true,
  };
  maintainer.attach(pool as unknown as Pool);
  const take = (maintenance: CollectionMaintenance | null): void =>
    maintainer.take({
      registry: null,
      collection: maintenance === null ? null : JSON.stringify(maintenance),
    });
  /** What a collector tells. */
  const tell = (phase: 'Marked' | 'Swept' | 'Failed', remaining = 0, touched = true): void => {
    const { state, running } = collection;
    const ends = phase === 'Failed' || remaining === 0;
    if (state)
      collection = {
        running: ends ? null : running && 'mark',
        state: { ...state, phase, remaining, touched },
      };
    maintainer.converge();
  };
  /** What happened since the last call, each kind once. */
  const happened = (): string[] => [...new Set(events.splice(0))];
  return {
    happened,
    take,
    tell,
    seeWindow: (found: StorageWindow | undefined) => maintainer.takeStorageWindow(found),
    member: () => maintainer.memberState(),
    state: () => maintainer.state(),
    close: () => maintainer.close(),
  };
}

const base = { run: 'a', attempt: 1 };
const mark = order;
const collect = { ...order, budget: 500 };

it('marks while writes go on, with new workers standing by, and sweeps with that mark in each window of the run', () => {
  const { happened, take, tell, close } = stage();
  take({ ...base, mark });
  expect(happened()).toEqual(['dismiss', 'prepare', 'mark a 1']);
  tell('Marked', 9);
  take({ ...base, mark, window });
  take({ ...base, mark, window, collect });
  expect(happened()).toEqual(['prepare', 'sweep a 1 for 500 ms']);
  tell('Swept', 4);
  take({ ...base, mark, window, restart: 'a-1' });
  take({ ...base, mark, restart: 'a-1' });
  expect(happened()).toEqual(['restart']);
  take({ run: 'a', attempt: 2, mark });
  take({ run: 'a', attempt: 2, mark, window });
  take({ run: 'a', attempt: 2, mark, window, collect });
  expect(happened()).toEqual(['prepare', 'sweep a 2 for 500 ms']);
  tell('Swept');
  take({ run: 'a', attempt: 2, mark, window, restart: 'a-2' });
  take({ run: 'a', attempt: 2, mark, restart: 'a-2' });
  take({ run: 'a', attempt: 2, restart: 'a-2', confirm: order });
  expect(happened()).toEqual(['restart', 'dismiss', 'confirm a']);
  close();
});

it('that is the only one sweeps, restarts and ends the window by itself', () => {
  const { happened, state, take, tell, close } = stage();
  const solo = { boot: 'boot-0', restart: 'a-1' };
  take({ ...base, mark });
  tell('Marked', 9);
  take({ ...base, mark, window, collect: { ...collect, solo } });
  expect(happened()).toEqual(['dismiss', 'prepare', 'mark a 1', 'sweep a 1 for 500 ms']);
  expect(state()).toMatchObject({ writes: 'paused', lastPause: null });
  tell('Swept', 4);
  expect(happened()).toEqual(['restart']);
  const lastPause = { ...base, milliseconds: expect.any(Number) };
  expect(state()).toMatchObject({ writes: 'open', windowExpired: false, lastPause });
  take({ ...base, mark, window, restart: 'a-1' });
  expect([happened(), state().writes]).toEqual([[], 'open']);
  close();
});

it('ends its window without a restart when nothing was moved, and marks no more in it', () => {
  const { happened, state, take, tell, close } = stage();
  take({ ...base, mark });
  tell('Marked', 9);
  const solo = { boot: 'boot-0', restart: 'a-2' };
  take({ run: 'a', attempt: 2, mark, window, collect: { ...collect, solo } });
  happened();
  tell('Failed', 0, false);
  expect([happened(), state().writes]).toEqual([[], 'open']);
  close();
});

it('holds writes and sweeps nothing when another than itself was to go through the window', () => {
  const { happened, state, take, close } = stage();
  const solo = { boot: 'boot-before', restart: 'a-1' };
  take({ ...base, mark, window, collect: { ...collect, solo } });
  expect([happened(), state().writes]).toEqual([['dismiss'], 'paused']);
  close();
});

it('sweeps nothing after the restart that was to follow the sweep', () => {
  const { happened, take, tell, close } = stage();
  const solo = { boot: 'boot-0', restart: 'a-1' };
  take({ ...base, mark });
  tell('Marked', 9);
  take({ ...base, mark, restart: 'a-1' });
  happened();
  take({ ...base, mark, window, collect: { ...collect, solo } });
  expect(happened()).toEqual([]);
  close();
});

it('restarts its workers by itself also when the window ends before the sweep does', () => {
  vi.useFakeTimers();
  const { happened, state, take, tell, close } = stage();
  const solo = { boot: 'boot-0', restart: 'a-1' };
  const soon = { deadline: new Date(Date.now() + 1000).toISOString() };
  take({ ...base, mark });
  tell('Marked', 9);
  take({ ...base, mark, window: soon, collect: { ...collect, solo } });
  happened();
  vi.advanceTimersByTime(1100);
  expect(happened()).toEqual(['the window ended before the sweep had']);
  tell('Failed');
  expect([happened(), state().writes]).toEqual([['restart'], 'open']);
  close();
  vi.useRealTimers();
});

it('takes part in a window of the storage: gets ready, holds writes and replaces its workers', () => {
  const { happened, state, seeWindow, member, close } = stage();
  const asked = { id: 'by hand', ...window };
  const answer = { id: 'by hand', prepared: true, paused: false, restarted: false };
  happened();
  seeWindow({ ...asked, step: 'prepare' });
  expect([happened(), state().writes, member()]).toEqual([['prepare'], 'open', { window: answer }]);
  seeWindow({ ...asked, step: 'pause' });
  expect([happened(), state().writes, state().lastPause]).toEqual([[], 'paused', null]);
  expect(member()).toEqual({ window: { ...answer, paused: true } });
  seeWindow({ ...asked, step: 'restart' });
  seeWindow({ ...asked, step: 'restart' });
  expect([happened(), state().writes, state().restart]).toEqual([['restart'], 'paused', null]);
  expect(member()).toEqual({ window: { ...answer, paused: true, restarted: true } });
  seeWindow(undefined);
  expect([happened(), state().writes, member()]).toEqual([['dismiss'], 'open', {}]);
  close();
});

it('ends a window of the storage at its deadline by itself, replaces its workers then, and never enters it again', () => {
  vi.useFakeTimers();
  const { happened, state, seeWindow, member, close } = stage();
  const soon = (): string => new Date(Date.now() + 1000).toISOString();
  seeWindow({ id: 'killed', deadline: soon(), step: 'prepare' });
  vi.advanceTimersByTime(900);
  seeWindow({ id: 'killed', deadline: soon(), step: 'pause' });
  happened();
  vi.advanceTimersByTime(900);
  expect([happened(), state().writes]).toEqual([[], 'paused']);
  vi.advanceTimersByTime(200);
  expect(happened()).toContain('restart');
  expect([state().writes, member().window?.paused]).toEqual(['open', false]);
  seeWindow({ id: 'killed', deadline: soon(), step: 'pause' });
  expect([happened(), state().writes]).toEqual([['dismiss'], 'open']);
  close();
  vi.useRealTimers();
});

it('is ready for a window of the storage until the deadline only, and replaces no worker that served while writes went on', () => {
  vi.useFakeTimers();
  const { happened, seeWindow, close } = stage();
  happened();
  seeWindow({ id: 'killed', deadline: new Date(Date.now() + 1000).toISOString(), step: 'prepare' });
  expect(happened()).toEqual(['prepare']);
  vi.advanceTimersByTime(1100);
  expect(happened()).toEqual(['dismiss']);
  close();
  vi.useRealTimers();
});

it('starts no collector while a window of the storage is on, and names the run that it is to work for', () => {
  const { happened, take, tell, seeWindow, member, close } = stage();
  seeWindow({ id: 'by hand', ...window, step: 'pause' });
  take({ ...base, mark });
  take({ ...base, mark, window });
  take({ ...base, mark, window, collect });
  expect(happened().filter((event) => event !== 'dismiss' && event !== 'prepare')).toEqual([]);
  expect(member()).toMatchObject({ collection: 'a' });
  seeWindow(undefined);
  expect(happened()).toContain('collect a');
  tell('Swept');
  take({ ...base, mark, window, restart: 'a-1' });
  seeWindow({ id: 'by hand again', ...window, step: 'pause' });
  take({ ...base, confirm: order });
  expect(happened()).not.toContain('confirm a');
  seeWindow(undefined);
  expect(happened()).toContain('confirm a');
  close();
});

it('marks anew when a mark was lost, and without one marks in the window', () => {
  const { happened, take, tell, close } = stage();
  take({ ...base, mark });
  tell('Failed');
  take({ run: 'a', attempt: 2, mark });
  tell('Failed');
  take({ run: 'a', attempt: 3, mark, window });
  take({ run: 'a', attempt: 3, mark, window, collect });
  expect(happened().filter((event) => event !== 'prepare')).toEqual([
    'dismiss',
    'mark a 1',
    'mark a 2',
    'collect a',
  ]);
  close();
});

it('ends a mark that is ordered no more, and the workers that stand by', () => {
  const { happened, take, close } = stage();
  take({ ...base, mark });
  expect(happened()).toEqual(['dismiss', 'prepare', 'mark a 1']);
  take(null);
  expect(happened()).toEqual(['the order to collect was withdrawn', 'dismiss']);
  close();
});

it('puts back what a run swept with writes on', () => {
  const { happened, take, close } = stage();
  take({ ...base, restore: { pod: 'pod-0', from: 'z' } });
  expect(happened()).toEqual(['dismiss', 'restore a']);
  close();
});

it('ends a collector whose order is withdrawn before it restarts the workers, the window still open', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: order });
  take({ run: 'a', attempt: 1, window, restart: 'a-1' });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual([
    'collect a',
    'the order to collect was withdrawn',
    'restart',
  ]);
});

it('ends a second mark of a run that was given up before another run begins', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, confirm: order });
  take({ run: 'b', attempt: 1, window });
  take({ run: 'b', attempt: 1, window, collect: order });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual([
    'confirm a',
    'the order to collect was withdrawn',
    'collect b',
  ]);
});

it('leaves a collector alone for as long as it is ordered', () => {
  const { happened, take, close } = stage();
  take({ run: 'a', attempt: 1, window });
  take({ run: 'a', attempt: 1, window, collect: order });
  take({ run: 'a', attempt: 1, window, collect: { ...order }, restart: 'a-1' });
  close();
  expect(happened().filter((event) => event !== 'dismiss')).toEqual(['collect a', 'restart']);
});
