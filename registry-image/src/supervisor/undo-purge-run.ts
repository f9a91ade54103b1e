import { freeExpired } from '../gc/undo.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Log } from '../telemetry/log.ts';

/** Part of the storage that is free below which what could still be restored is freed early. */
const scarce = 0.05;

/** Frees what collections swept and whose time to be restored is over, told in the log. Never rejects. */
export async function runUndoPurge({ driver, log }: { driver: StorageDriver; log: Log }): Promise<void> {
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
}
