import { createHash } from 'node:crypto';
import { durationMs } from '../../api/duration.ts';
import type { RegistryGarbageCollection } from '../../api/registry-garbage-collection.ts';
import type { ScheduleStatus } from '../../api/registry-status.ts';
import { type CronTimes, cronTimes } from './cron.ts';

export interface ScheduleInput {
  readonly spec: RegistryGarbageCollection;
  readonly before: ScheduleStatus | undefined;
  /** UID of the Registry, from which the jitter follows. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Where a schedule is now. */
export interface DueTime {
  /** As long as nothing is started: what to remember, with the time of the next start. */
  readonly status: ScheduleStatus;
  /** The time of the schedule for which a run should start now; of all that were missed, the last. */
  readonly due: number | undefined;
  /** Whether `due` is past `startingDeadline`, so that its run is left out. */
  readonly isLate: boolean;
  /** What to remember once `due` was acted upon. */
  readonly actedUpon: ScheduleStatus;
}

/** Times of a schedule between a moment and the last of them that is due, that are looked at; jitter can put off so many. */
const mostPutOff = 1000;

/** Throws `ScheduleError` when the schedule cannot be read. */
export function dueTime({ spec, before, uid, now }: ScheduleInput): DueTime {
  const times = cronTimes(spec.schedule, spec.timeZone);
  const expression = `${spec.schedule} ${spec.timeZone}`;
  // A schedule that is new, changed or no longer suspended makes up for nothing.
  const taken: ScheduleStatus =
    before?.expression === expression ? before : { ...before, expression, observedSince: timeText(now) };
  const base = Math.max(
    Date.parse(taken.observedSince),
    Date.parse(taken.lastScheduleTime ?? taken.observedSince),
  );
  const startOf = (time: number): number => time + jitterOf(uid, time, durationMs(spec.jitter));
  const withNext = (status: ScheduleStatus, next: number | undefined): ScheduleStatus => ({
    ...status,
    nextScheduleTime: next === undefined ? undefined : timeText(startOf(next)),
  });
  const first = times.after(base);
  const due =
    first === undefined || startOf(first) > now ? undefined : lastDue(times, { first, now, startOf });
  const status = withNext(taken, due ?? first);
  if (due === undefined) return { status, due, isLate: false, actedUpon: status };
  const deadline = spec.startingDeadline === undefined ? Infinity : durationMs(spec.startingDeadline);
  const actedUpon = withNext({ ...taken, lastScheduleTime: timeText(due) }, times.after(due));
  return { status, due, isLate: now - startOf(due) > deadline, actedUpon };
}

/** What to remember while nothing is to start: on resuming, time begins anew. */
export function suspendedStatus(before: ScheduleStatus | undefined, now: number): ScheduleStatus {
  const { lastScheduleTime } = before ?? {};
  const observedSince = before?.expression === '' ? before.observedSince : timeText(now);
  return { expression: '', observedSince, lastScheduleTime };
}

function lastDue(
  times: CronTimes,
  { first, now, startOf }: { first: number; now: number; startOf: (time: number) => number },
): number {
  let time = times.before(now + 1000);
  for (let looks = 0; looks < mostPutOff && time !== undefined && time > first; looks += 1) {
    if (startOf(time) <= now) return time;
    time = times.before(time);
  }
  return first;
}

/** The same for whoever asks: an operator that takes over must not start a run at another time. */
function jitterOf(uid: string, time: number, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const hash = createHash('sha256').update(`${uid} ${time}`).digest().readUInt32BE(0);
  return Math.floor((hash / 2 ** 32) * jitterMs);
}

/** Whole seconds, as the API server writes times. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
