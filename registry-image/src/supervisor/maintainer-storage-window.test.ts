import { expect, it, vi } from 'vitest';
import { base, collect, mark, stage, window } from './maintainer-under-test.ts';

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

it('holds writes no longer than a minute, also when the clock of whoever asked for it is an hour ahead', () => {
  vi.useFakeTimers();
  const { state, seeWindow, close } = stage();
  seeWindow({ id: 'killed', deadline: new Date(Date.now() + 3_620_000).toISOString(), step: 'pause' });
  expect(state().writes).toBe('paused');
  vi.advanceTimersByTime(61_000);
  expect(state().writes).toBe('open');
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
  take({ ...base, confirm: mark });
  expect(happened()).not.toContain('confirm a');
  seeWindow(undefined);
  expect(happened()).toContain('confirm a');
  close();
});
