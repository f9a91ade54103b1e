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
import type { Digest } from './digest.ts';
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

/** @param options.concurrencyLimit most links that are read at a time for one request; 0: the usual number */
export function createTags(options: { driver: StorageDriver; concurrencyLimit: number }): Tags {
  const { driver } = options;
  const readBatch = options.concurrencyLimit || usualConcurrency;

  async function names(repository: string): Promise<string[] | undefined> {
    const entries = await absentAsUndefined(driver.list(tagsPath(repository)));
    return entries
      ?.map((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1))
      .filter(isTag)
      .sort();
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

  function resolve(repository: string, tag: string): Promise<Digest | undefined> {
    return readLink(driver, tagCurrentLinkPath(repository, tag));
  }

  async function set(repository: string, tag: string, digest: Digest): Promise<void> {
    await driver.putContent(tagIndexLinkPath(repository, tag, digest), digest);
    await driver.putContent(tagCurrentLinkPath(repository, tag), digest);
  }

  async function remove(repository: string, tag: string): Promise<boolean> {
    const aside = await putAside(repository, tag);
    if (aside === undefined) return false;
    await driver.delete(aside);
    return true;
  }

  /** One rename, so that a crash leaves no half of a tag behind. */
  async function putAside(repository: string, tag: string): Promise<string | undefined> {
    const aside = deletedPath(randomUUID());
    const moved = await absentAsUndefined(driver.move(tagPath(repository, tag), aside).then(() => true));
    return moved ? aside : undefined;
  }

  async function removeFrom(repository: string, tag: string, digest: Digest): Promise<void> {
    if ((await resolve(repository, tag)) !== digest) return;
    const aside = await putAside(repository, tag);
    if (aside === undefined) return;
    const found = await readLink(driver, `${aside}/current/link`);
    if (found !== undefined && found !== digest) await bringBack(aside, tagPath(repository, tag));
    await driver.delete(aside);
  }

  /** Renames a directory to where it was, unless something new is there: that has come later. */
  async function bringBack(aside: string, path: string): Promise<void> {
    try {
      await driver.move(aside, path);
    } catch (error) {
      if ((await absentAsUndefined(driver.stat(path))) === undefined) throw error;
    }
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
