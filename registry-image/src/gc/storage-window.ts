import { z } from 'zod';
import { absentAsUndefined } from '../registry/links.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { ownRoot, windowPath } from '../storage/paths.ts';

/** What a collection by hand asks of the registries that serve from its storage. */
export const StorageWindow = z.object({
  /** Names one window as no other was ever named. */
  id: z.string().min(1),
  /** From then on none of this is asked any more. */
  deadline: z.iso.datetime(),
  /**
   * prepare: fork the workers that are to replace those that serve; pause: hold writes; restart: go on to hold them, and replace
   * the workers that serve.
   */
  step: z.enum(['prepare', 'pause', 'restart']),
});
export type StorageWindow = z.infer<typeof StorageWindow>;

/**
 * Milliseconds for which nothing is asked longer than, whatever the deadline says: the clock of whoever wrote it may be another, and he
 * may have been killed.
 */
export const longestStorageWindow = 60_000;

/** The window that lies on the storage, also one whose deadline has passed. Throws an error of one sentence when it is none. */
export async function readStorageWindow(driver: StorageDriver): Promise<StorageWindow | undefined> {
  // The directory is looked at, not the name: a network file system may remember for long that a name is not there.
  const children = (await absentAsUndefined(driver.children(ownRoot))) ?? [];
  if (!children.some(({ name }) => windowPath === `${ownRoot}/${name}`)) return undefined;
  const content = await absentAsUndefined(driver.getContent(windowPath));
  if (content === undefined) return undefined;
  try {
    return StorageWindow.parse(JSON.parse(content.toString()));
  } catch {
    throw new Error(`${windowPath} is not the record of a window: remove it`);
  }
}

export function writeStorageWindow(driver: StorageDriver, window: StorageWindow): Promise<void> {
  return driver.putContent(windowPath, JSON.stringify(window));
}

/** Removes the window of this id, and no other. */
export async function removeStorageWindow(driver: StorageDriver, id: string): Promise<void> {
  if ((await readStorageWindow(driver))?.id === id) await driver.delete(windowPath);
}
