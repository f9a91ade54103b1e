import { freeExpired } from '../gc/undo.ts';
import { type CommitGate, WritesRefusedError } from '../registry/commit-gate.ts';
import { removeLeftovers } from '../registry/leftovers.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Log } from '../telemetry/log.ts';

/** Part of the storage that is free below which what could still be restored is freed early. */
const scarce = 0.05;

/**
 * Frees what collections swept and whose time to be restored is over, told in the log, and ends what killed processes had begun to
 * remove. Never rejects.
 * @param context.readOnly `storage.maintenance.readonly`: what is begun stays as it is
 */
export async function runUndoPurge({
  driver,
  gate,
  log,
  readOnly,
}: {
  driver: StorageDriver;
  gate: CommitGate;
  log: Log;
  readOnly: boolean;
}): Promise<void> {
  async function isShortOfSpace(): Promise<boolean> {
    const space = await driver.space?.();
    return space !== undefined && space.free < space.total * scarce;
  }
  try {
    const bytes = await freeExpired(driver, { now: Date.now, isShortOfSpace });
    if (bytes > 0) log.info({ bytes }, 'what a collection had swept was freed');
  } catch (error) {
    log.error({ err: error }, 'what a collection had swept could not be freed');
  }
  if (readOnly) return;
  try {
    await removeLeftovers({ driver, gate });
  } catch (error) {
    // It is tried again in a minute.
    if (error instanceof WritesRefusedError) return;
    log.error({ err: error }, 'what was being deleted when a process was killed could not be removed');
  }
}
