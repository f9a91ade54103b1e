import { type CommitGate, WritesRefusedError } from '../registry/commit-gate.ts';
import { purgeUploads, type UploadPurgeOptions } from '../registry/upload-purge.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Log } from '../telemetry/log.ts';

/**
 * Purges uploads, told in the log of the worker, one run at a time: with many uploads a run can take longer than the interval, and
 * a second one beside it would only be in its way. What it gives never rejects.
 */
export function createUploadPurge(context: {
  driver: StorageDriver;
  gate: CommitGate;
  log: Log;
}): (options: UploadPurgeOptions) => Promise<void> {
  let running = false;

  return async function run(options) {
    if (running) {
      context.log.debug('the purge of stale uploads still goes on');
      return;
    }
    running = true;
    try {
      await runUploadPurge(context, options);
    } finally {
      running = false;
    }
  };
}

async function runUploadPurge(
  { driver, gate, log }: { driver: StorageDriver; gate: CommitGate; log: Log },
  options: UploadPurgeOptions,
): Promise<void> {
  const { dryRun } = options;
  try {
    const purged = await purgeUploads({ driver, gate }, options, {
      purged({ repository, id, lastActive }) {
        const fields = { repository, uuid: id, lastActive: new Date(lastActive).toISOString() };
        log.info(fields, dryRun ? 'this stale upload would be purged' : 'a stale upload was purged');
      },
      failed: (path, error) => log.error({ err: error, path }, 'a stale upload could not be purged'),
    });
    if (purged !== undefined) log.info({ purged, dryRun }, 'the purge of stale uploads has ended');
  } catch (error) {
    if (error instanceof WritesRefusedError) {
      log.info({ reason: error.message }, 'stale uploads are purged another time');
    } else {
      log.error({ err: error }, 'stale uploads could not be purged');
    }
  }
}
