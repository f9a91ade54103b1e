import type { Digest } from '../registry/digest.ts';
import type { Context } from './context.ts';
import type { Outcome } from './damages.ts';

/**
 * Writes a link to something that is there, unless what it leads to has gone by then (a collection beside this run may
 * have swept it): a link alone is never left.
 */
export async function writeLink(
  context: Context,
  path: string,
  digest: Digest,
  isThere: () => Promise<boolean>,
): Promise<Outcome | undefined> {
  const { store } = context;
  const existed = (await store.stat(path)) !== undefined;
  await keepContent(context, path);
  await store.driver.putContent(path, digest);
  if (await isThere()) return { action: 'repaired' };
  if (!existed) {
    await store.driver.delete(path);
    await store.driver.removeIfEmpty(path.slice(0, path.lastIndexOf('/')));
  }
  return undefined;
}

/** Sets aside what a file holds that is to be written anew: whatever got there may be the last copy of something. */
export async function keepContent({ store, setAside }: Context, path: string): Promise<void> {
  const entry = await store.stat(path);
  if (entry && entry.size > 0) await setAside(path, async () => true);
}

/** Sets the directory of a link aside when the link still leads to nothing. */
export async function setLinkAside(
  { setAside }: Context,
  directory: string,
  isThere: () => Promise<boolean>,
): Promise<Outcome | undefined> {
  return setAside(directory, async () => !(await isThere()));
}
