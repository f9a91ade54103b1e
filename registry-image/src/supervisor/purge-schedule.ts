import type { Config } from '../config/schema.ts';
import type { Log } from '../telemetry/log.ts';
import type { Pool } from './pool.ts';

export interface PurgeScheduleOptions {
  readonly config: Pick<Config, 'storage'>;
  readonly pool: Pick<Pool, 'workers'>;
  /** Whether writes are taken now. */
  readonly writable: () => boolean;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/** The first run is this long after the start at most (milliseconds), as distribution has it. */
const longestStart = 3_600_000;
/** Milliseconds until it is tried again when no worker could do it. */
const retryAfter = 60_000;
/** What a timer can wait, and the shortest time between two runs, in milliseconds. */
const longestTimer = 2 ** 31 - 1;
const shortestInterval = 100;

/**
 * Has a worker purge the uploads (`storage.maintenance.uploadpurging`), first after a random time, so that replicas which start
 * together do not all do it, then at every interval. Among replicas the storage tells that one of them did it.
 * @returns ends it
 */
export function startPurgeSchedule(options: PurgeScheduleOptions): () => void {
  const { config, pool, log, writable, random = Math.random } = options;
  const { uploadpurging, readonly } = config.storage.maintenance;
  if (!uploadpurging.enabled || readonly.enabled) return () => {};
  const { age, dryrun: dryRun } = uploadpurging;
  const interval = Math.min(Math.max(uploadpurging.interval, shortestInterval), longestTimer);
  let timer = wait(random() * Math.min(interval, longestStart));

  function wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(run, milliseconds);
  }

  function run(): void {
    const worker = pool.workers.find(({ state }) => state.phase === 'serving' && state.takesRequests);
    if (worker && writable()) {
      log.debug({ pid: worker.pid, age, dryRun }, 'uploads are purged');
      worker.send({ type: 'purgeUploads', options: { age, interval, dryRun } });
      timer = wait(interval);
    } else {
      timer = wait(Math.min(interval, retryAfter));
    }
  }

  return () => clearTimeout(timer);
}
