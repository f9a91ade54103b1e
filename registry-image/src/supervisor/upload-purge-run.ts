import { type CommitGate, WritesRefusedError } from '../registry/commit-gate.ts';
import { purgeUploads, type UploadPurgeOptions } from '../registry/upload-purge.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Log } from '../telemetry/log.ts';

/** One purge of uploads in a worker, told in its log. Never rejects. */
export async function runUploadPurge(
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
