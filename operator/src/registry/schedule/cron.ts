import { Cron } from 'croner';

/** The times of a cron schedule in a time zone, in milliseconds since the epoch. */
export interface CronTimes {
  /** The first time after this one; undefined when there is none any more. */
  after(time: number): number | undefined;
  /** The last time before this one; undefined when there is none. */
  before(time: number): number | undefined;
}

/** A schedule or a time zone that cannot be used, in one sentence that names the field and the fix. */
export class ScheduleError extends Error {}

/**
 * Reads a schedule of five fields, or one such as `@daily`. A time that the change to summer time leaves out comes at its end; one
 * that comes twice in autumn counts once. Throws `ScheduleError`.
 */
export function cronTimes(schedule: string, timeZone: string): CronTimes {
  requireTimeZone(timeZone);
  const cron = readCron(schedule, timeZone);
  const times: CronTimes = {
    after: (time) => cron.nextRun(new Date(time))?.getTime(),
    before: (time) => cron.previousRuns(1, new Date(time))[0]?.getTime(),
  };
  if (times.after(0) === undefined) {
    throw new ScheduleError(
      `spec.garbageCollection.schedule: ${JSON.stringify(schedule)} names no day that exists; change its day or month`,
    );
  }
  return times;
}

function readCron(schedule: string, timezone: string): Cron {
  try {
    // The library also takes a single date.
    if (!/\s|^@/.test(schedule)) throw new Error('it has one field');
    return new Cron(schedule, { timezone, mode: '5-part', paused: true });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Cron\w*: /, '') : String(error);
    throw new ScheduleError(
      `spec.garbageCollection.schedule: ${JSON.stringify(schedule)} is not a cron schedule (${why}); write five fields such as '0 3 * * *'`,
    );
  }
}

function requireTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw new ScheduleError(
      `spec.garbageCollection.timeZone: there is no time zone ${JSON.stringify(timeZone)}; write one such as Europe/Berlin or Etc/UTC`,
    );
  }
}
