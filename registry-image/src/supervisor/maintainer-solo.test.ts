import { expect, it, vi } from 'vitest';
import { base, collect, mark, stage, window } from './maintainer-under-test.ts';

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
  const lastPause = { ...base, milliseconds: expect.any(Number), sinceEnd: expect.any(Number) };
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
