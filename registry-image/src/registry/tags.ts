import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import {
  deletedPath,
  layersPath,
  manifestsPath,
  tagCurrentLinkPath,
  tagIndexLinkPath,
  tagPath,
  tagsPath,
} from '../storage/paths.ts';
import {
  depart,
  departedDigest,
  departedTags,
  discardDeparture,
  findDepartures,
  settleDepartures,
} from './departures.ts';
import type { Digest } from './digest.ts';
import type { Journal } from './journal.ts';
import { registryError } from './errors.ts';
import { absentAsUndefined, readLink } from './links.ts';
import { type Page, pageOf } from './page.ts';
import { isTag } from './reference.ts';

/** Links read at a time when all tags of a repository are looked at and `storage.tag.concurrencylimit` is 0. */
const usualConcurrency = 32;

/** Tags of a repository. What changes them runs in a commit section of the caller. */
export interface Tags {
  /** Tags in lexical order. @throws RegistryError NAME_UNKNOWN */
  list(repository: string, page: { last?: string; limit?: number }): Promise<Page>;
  resolve(repository: string, tag: string): Promise<Digest | undefined>;
  set(repository: string, tag: string, digest: Digest): Promise<void>;
  /** False when there is no such tag. */
  remove(repository: string, tag: string): Promise<boolean>;
  /** Removes a tag if it names this digest, and never one that a push sets to another at the same time. */
  removeFrom(repository: string, tag: string, digest: Digest): Promise<void>;
  /** Tags that now name this digest. */
  pointingAt(repository: string, digest: Digest): Promise<string[]>;
}

/**
 * @param options.journal learns which tags are put back
 * @param options.concurrencyLimit most links that are read at a time for one request; 0: the usual number
 */
export function createTags(options: {
  driver: StorageDriver;
  journal: Journal;
  concurrencyLimit: number;
}): Tags {
  const { driver } = options;
  const readBatch = options.concurrencyLimit || usualConcurrency;

  async function names(repository: string): Promise<string[] | undefined> {
    const entries = await absentAsUndefined(driver.list(tagsPath(repository)));
    const stored = entries?.map((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1));
    const departed = await departedTags(driver, repository);
    if (!stored && departed.length === 0) return undefined;
    return [...new Set([...(stored ?? []), ...departed])].filter(isTag).sort();
  }

  async function list(repository: string, page: { last?: string; limit?: number }): Promise<Page> {
    const found = await names(repository);
    if (!found && !(await exists(repository))) throw registryError('NAME_UNKNOWN', { name: repository });
    return pageOf(found ?? [], page);
  }

  async function exists(repository: string): Promise<boolean> {
    const paths = [manifestsPath(repository), layersPath(repository)];
    const found = await Promise.all(paths.map((path) => absentAsUndefined(driver.stat(path))));
    return found.some((entry) => entry !== undefined);
  }

  /** Looks where it is, where a deletion may have left it, and again, for it may have been put back in between. */
  async function resolve(repository: string, tag: string): Promise<Digest | undefined> {
    const path = tagCurrentLinkPath(repository, tag);
    return (
      (await readLink(driver, path)) ??
      (await departedDigest(driver, { repository, tag })) ??
      (await readLink(driver, path))
    );
  }

  async function set(repository: string, tag: string, digest: Digest): Promise<void> {
    await driver.putContent(tagIndexLinkPath(repository, tag, digest), digest);
    await driver.putContent(tagCurrentLinkPath(repository, tag), digest);
    // What was left of it before is out of date, and must not come back when this one is removed.
    await settleDepartures(options, { repository, tag });
  }

  async function remove(repository: string, tag: string): Promise<boolean> {
    await settleDepartures(options, { repository, tag });
    const unsettled = await findDepartures(driver, { repository, tag });
    const aside = deletedPath(randomUUID());
    // One rename, so that a crash leaves no half of a tag behind.
    const moved = await absentAsUndefined(driver.move(tagPath(repository, tag), aside).then(() => true));
    if (moved) await driver.delete(aside);
    for (const departure of unsettled) await discardDeparture(driver, departure);
    return moved === true || unsettled.length > 0;
  }

  async function removeFrom(repository: string, tag: string, digest: Digest): Promise<void> {
    await settleDepartures(options, { repository, tag });
    if ((await readLink(driver, tagCurrentLinkPath(repository, tag))) !== digest) return;
    await depart(driver, { repository, tag, doomed: digest });
    await settleDepartures(options, { repository, tag });
  }

  async function pointingAt(repository: string, digest: Digest): Promise<string[]> {
    const all = (await names(repository)) ?? [];
    const found: string[] = [];
    for (let index = 0; index < all.length; index += readBatch) {
      const batch = all.slice(index, index + readBatch);
      const digests = await Promise.all(batch.map((tag) => resolve(repository, tag)));
      found.push(...batch.filter((_, position) => digests[position] === digest));
    }
    return found;
  }

  return { list, resolve, set, remove, removeFrom, pointingAt };
}
