import { randomUUID } from 'node:crypto';
import type { Child, StorageDriver } from '../storage/driver.ts';
import { departuresPath, departuresRoot, tagIndexLinkPath, tagPath } from '../storage/paths.ts';
import type { Digest } from './digest.ts';
import { findDoomed, namesIn } from './doomed-directories.ts';
import type { Journal } from './journal.ts';
import { absentAsUndefined, readLink } from './links.ts';

/** A tag that was renamed away by a deletion of what it named a moment before. */
export interface Departure {
  /** The whole directory of the tag. */
  readonly path: string;
  readonly repository: string;
  readonly tag: string;
  /** The digest that was to go with its tags. */
  readonly doomed: Digest;
}

/** Which of them: those of a repository, or of one tag of it. */
export interface DepartureFilter {
  readonly repository: string;
  readonly tag?: string;
}

/**
 * No storage removes a tag on the condition that it names a certain digest. So it is renamed, by one rename to where its path still tells
 * what was to go, then looked at, and put back when a push has set it to something else meanwhile. Whoever is killed in between
 * leaves it there: then reads find it there, a mark takes it for a root, and whoever sets, removes or cleans up next puts it back.
 */
export async function findDepartures(
  reader: { children(path: string): Promise<Child[] | undefined> },
  filter?: DepartureFilter,
): Promise<Departure[]> {
  const found: Departure[] = [];
  for (const { path, repository, digest: doomed } of await findDoomed(reader, departuresRoot)) {
    if (filter && filter.repository !== repository) continue;
    for (const tag of await namesIn(reader, path)) {
      if (filter?.tag !== undefined && filter.tag !== tag) continue;
      found.push({ path: `${path}/${tag}`, repository, tag, doomed });
    }
  }
  return found;
}

/** Tags that are still to be found, though a deletion has taken them. */
export async function departedTags(driver: StorageDriver, repository: string): Promise<string[]> {
  const tags: string[] = [];
  for (const departure of await findDepartures(driver, { repository })) {
    if (await remainingDigest(driver, departure)) tags.push(departure.tag);
  }
  return tags;
}

/** What such a tag names. */
export async function departedDigest(
  driver: StorageDriver,
  tag: Required<DepartureFilter>,
): Promise<Digest | undefined> {
  for (const departure of await newestFirst(driver, await findDepartures(driver, tag))) {
    const digest = await remainingDigest(driver, departure);
    if (digest) return digest;
  }
  return undefined;
}

/** What it names, unless that is what was to go. */
async function remainingDigest(
  driver: StorageDriver,
  { path, doomed }: Departure,
): Promise<Digest | undefined> {
  const digest = await readLink(driver, currentLink(path));
  return digest === doomed ? undefined : digest;
}

/** Renames a tag away, durably, because of the digest that it names. Does nothing when there is no such tag. */
export async function depart(
  driver: StorageDriver,
  { repository, tag, doomed }: Omit<Departure, 'path'>,
): Promise<void> {
  const path = `${departuresPath(doomed, randomUUID(), repository)}/${tag}`;
  await absentAsUndefined(driver.move(tagPath(repository, tag), path));
}

/**
 * Ends departures: puts back what names something else, unless the tag was set anew, and removes the rest. To be called in a commit
 * section, by any process and at any time.
 * @param context.journal learns what is put back, since a mark may just have missed it
 */
export async function settleDepartures(
  { driver, journal }: { driver: StorageDriver; journal: Journal },
  filter?: DepartureFilter,
): Promise<void> {
  for (const departure of await newestFirst(driver, await findDepartures(driver, filter))) {
    const { repository } = departure;
    const digest = await remainingDigest(driver, departure);
    if (digest !== undefined) {
      const adds = [{ kind: 'manifest' as const, repository, digest }];
      if (!(await journal.during(adds, () => bringBack(driver, departure, digest)))) continue;
    }
    await discardDeparture(driver, departure);
  }
}

/** Removes a tag that was taken away for good. */
export async function discardDeparture(
  driver: StorageDriver,
  { path }: Pick<Departure, 'path'>,
): Promise<void> {
  await driver.delete(path);
  const repository = path.slice(0, path.lastIndexOf('/'));
  if (await driver.removeIfEmpty(repository)) {
    await driver.removeIfEmpty(repository.slice(0, repository.lastIndexOf('/')));
  }
}

/** Of several of one tag the one that was set last is to come back. */
async function newestFirst(driver: StorageDriver, found: readonly Departure[]): Promise<Departure[]> {
  if (found.length < 2) return [...found];
  const timed = await Promise.all(
    found.map(async (departure) => {
      const link = await absentAsUndefined(driver.stat(currentLink(departure.path)));
      return { departure, modified: link?.modified ?? 0 };
    }),
  );
  return timed.sort((one, other) => other.modified - one.modified).map(({ departure }) => departure);
}

/**
 * True when the tag is where it was, or another has come there since. A directory never takes the place of one in which there is something, so
 * nothing that was set later is lost.
 */
async function bringBack(
  driver: StorageDriver,
  { path, repository, tag }: Departure,
  digest: Digest,
): Promise<boolean> {
  const place = tagPath(repository, tag);
  if (await renameTo(driver, path, place)) return true;
  if (await isThere(driver, currentLink(place))) return true;
  // What is there has no link yet: it is only being set, perhaps by a process that was killed. Until it has one, this one holds.
  await driver.putContent(tagIndexLinkPath(repository, tag, digest), digest);
  if (await renameTo(driver, `${path}/current`, `${place}/current`)) return true;
  return isThere(driver, currentLink(place));
}

/** True when it is not where it was any more; false when something is in its place. */
async function renameTo(driver: StorageDriver, from: string, to: string): Promise<boolean> {
  try {
    await driver.move(from, to);
    return true;
  } catch (error) {
    if (!(await isThere(driver, from))) return true;
    if (!(await isThere(driver, to))) throw error;
    return false;
  }
}

async function isThere(driver: StorageDriver, path: string): Promise<boolean> {
  return (await absentAsUndefined(driver.stat(path))) !== undefined;
}

function currentLink(path: string): string {
  return `${path}/current/link`;
}
