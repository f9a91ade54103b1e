import type { Digest } from '../registry/digest.ts';
import { repositoriesRoot } from '../storage/paths.ts';
import type { Context } from './context.ts';
import type { Outcome } from './damages.ts';
import { parentOf } from './directory.ts';

/**
 * Writes a link to something that is there, unless what it leads to has gone by then (a collection beside this run may
 * have swept it, a client may have deleted it): a link alone is never left.
 */
export async function writeLink(
  context: Context,
  path: string,
  digest: Digest,
  isThere: () => Promise<boolean>,
): Promise<Outcome | undefined> {
  const { driver } = context.store;
  const existed = await context.setAside.copy(path);
  await driver.putContent(path, digest);
  if (await isThere()) return { action: 'repaired' };
  if (existed) return undefined;
  await setLinkAside(context, parentOf(path), isThere);
  let empty = parentOf(parentOf(path));
  while (empty !== repositoriesRoot && (await driver.removeIfEmpty(empty))) empty = parentOf(empty);
  return undefined;
}

/** Sets the directory of a link aside when the link still leads to nothing. */
export async function setLinkAside(
  { setAside }: Context,
  directory: string,
  isThere: () => Promise<boolean>,
): Promise<Outcome | undefined> {
  return setAside.move(directory, async () => !(await isThere()));
}
