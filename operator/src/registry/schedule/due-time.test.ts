import { describe, expect, it } from 'vitest';
import { RegistryGarbageCollection } from '../../api/registry-garbage-collection.ts';
import type { ScheduleStatus } from '../../api/registry-status.ts';
import { ScheduleError } from './cron.ts';
import { type DueTime, dueTime, suspendedStatus } from './due-time.ts';

function look(spec: object, now: string, before?: ScheduleStatus, uid = 'uid-1'): DueTime {
  const parsed = RegistryGarbageCollection.parse({ schedule: '0 3 * * *', ...spec });
  return dueTime({ spec: parsed, before, uid, now: Date.parse(now) });
}

/** What is remembered of a schedule that was taken up at a time. */
function since(observedSince: string, spec: object = {}): ScheduleStatus {
  return look(spec, observedSince).status;
}

function text(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

describe('a schedule', () => {
  it('that is new waits for its next time, and makes up for none before', () => {
    const found = look({}, '2026-06-10T14:00:00.500Z');
    expect(found.due).toBeUndefined();
    expect(found.status).toEqual({
      expression: '0 3 * * * Etc/UTC',
      observedSince: '2026-06-10T14:00:00Z',
      lastScheduleTime: undefined,
      nextScheduleTime: '2026-06-11T03:00:00Z',
    });
  });

  it('is due at its time, not before, and then at the next', () => {
    const before = since('2026-06-10T14:00:00Z');
    expect(look({}, '2026-06-11T02:59:59.999Z', before).due).toBeUndefined();
    const found = look({}, '2026-06-11T03:00:00Z', before);
    expect(text(found.due)).toBe('2026-06-11T03:00:00.000Z');
    expect(found.status.nextScheduleTime).toBe('2026-06-11T03:00:00Z');
    expect(found.actedUpon).toMatchObject({
      lastScheduleTime: '2026-06-11T03:00:00Z',
      nextScheduleTime: '2026-06-12T03:00:00Z',
    });
    expect(look({}, '2026-06-11T03:00:00.900Z', found.actedUpon).due).toBeUndefined();
  });

  it('that was missed often is made up for once, for the last time', () => {
    const before = since('2026-06-01T00:00:00Z');
    const found = look({}, '2026-06-11T12:00:00Z', before);
    expect(text(found.due)).toBe('2026-06-11T03:00:00.000Z');
    expect(look({}, '2026-06-11T12:00:00Z', found.actedUpon).due).toBeUndefined();
  });

  it('whose deadline has passed is left out', () => {
    const spec = { startingDeadline: '1h' };
    const before = since('2026-06-01T00:00:00Z', spec);
    expect(look(spec, '2026-06-11T04:00:00Z', before).isLate).toBe(false);
    expect(look(spec, '2026-06-11T04:00:01Z', before).isLate).toBe(true);
    expect(look({}, '2026-06-11T23:00:00Z', since('2026-06-01T00:00:00Z')).isLate).toBe(false);
  });

  it('that is changed or resumed makes up for nothing', () => {
    const before = { ...since('2026-06-01T00:00:00Z'), lastScheduleTime: '2026-06-05T03:00:00Z' };
    const changed = look({ schedule: '0 4 * * *' }, '2026-06-11T12:00:00Z', before);
    expect(changed.due).toBeUndefined();
    expect(changed.status.nextScheduleTime).toBe('2026-06-12T04:00:00Z');
    const paused = suspendedStatus(before, Date.parse('2026-06-06T00:00:00Z'));
    expect(paused).toEqual({
      expression: '',
      observedSince: '2026-06-06T00:00:00Z',
      lastScheduleTime: '2026-06-05T03:00:00Z',
    });
    expect(suspendedStatus(paused, Date.parse('2026-06-07T00:00:00Z'))).toEqual(paused);
    expect(look({}, '2026-06-11T12:00:00Z', paused).due).toBeUndefined();
  });

  it('follows its time zone through both changes of the clock', () => {
    const berlin = { schedule: '30 2 * * *', timeZone: 'Europe/Berlin' };
    const next = (now: string): string | undefined => look(berlin, now).status.nextScheduleTime;
    expect(next('2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00Z');
    expect(next('2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00Z');
    expect(next('2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00Z');
  });

  it.each([
    [
      { schedule: '61 3 * * *' },
      /^spec\.garbageCollection\.schedule: "61 3 \* \* \*" is not a cron schedule \(/,
    ],
    [{ schedule: '0 3 * * * *' }, /is not a cron schedule/],
    [{ schedule: '2026-06-11T03:00:00' }, /is not a cron schedule/],
    [{ schedule: '0 0 31 2 *' }, /names no day that exists/],
    [
      { timeZone: 'Mars/Base' },
      /^spec\.garbageCollection\.timeZone: there is no time zone "Mars\/Base"; write one/,
    ],
  ])('%j is refused in one sentence', (spec, sentence) => {
    expect(() => look(spec, '2026-06-10T00:00:00Z')).toThrow(ScheduleError);
    expect(() => look(spec, '2026-06-10T00:00:00Z')).toThrow(sentence);
  });
});

describe('jitter', () => {
  const spec = { jitter: '1h' };

  it('puts each time off by less than itself, the same for every operator', () => {
    const starts = ['uid-1', 'uid-2', 'uid-3', 'uid-4'].map((uid) => {
      const first = look(spec, '2026-06-10T14:00:00Z', undefined, uid).status.nextScheduleTime;
      expect(look(spec, '2026-06-10T14:00:00Z', undefined, uid).status.nextScheduleTime).toBe(first);
      return first ?? '';
    });
    expect(new Set(starts).size).toBe(4);
    expect(starts.every((start) => start >= '2026-06-11T03:00:00Z' && start < '2026-06-11T04:00:00Z')).toBe(
      true,
    );
  });

  it('delays the run, but not the time that it is named after', () => {
    const before = since('2026-06-10T14:00:00Z', spec);
    const start = Date.parse(before.nextScheduleTime ?? '');
    expect(look(spec, new Date(start - 1000).toISOString(), before).due).toBeUndefined();
    const found = look(spec, new Date(start + 1000).toISOString(), before);
    expect(text(found.due)).toBe('2026-06-11T03:00:00.000Z');
  });

  it('that is longer than the time between runs does not put them off for ever', () => {
    const often = { schedule: '*/5 * * * *', jitter: '1h' };
    let status = since('2026-06-10T14:00:00Z', often);
    let runs = 0;
    for (let minute = 0; minute < 240; minute += 1) {
      const now = new Date(Date.parse('2026-06-10T14:00:00Z') + minute * 60_000).toISOString();
      const found = look(often, now, status);
      status = found.due === undefined ? found.status : found.actedUpon;
      if (found.due !== undefined) runs += 1;
    }
    expect(runs).toBeGreaterThan(5);
  });
});
