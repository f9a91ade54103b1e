import type { StorageDriver } from '../storage/driver.ts';
import { repositoriesRoot } from '../storage/paths.ts';
import { absentAsUndefined } from './links.ts';
import type { Page } from './page.ts';

/** Which repositories are listed. */
interface Visibility {
  has(repository: string): boolean;
  /** False when no repository below the path `prefix` is listed: nothing below it is read. */
  below(prefix: string): boolean;
}

const everything: Visibility = { has: () => true, below: () => true };

/** The names of all repositories. */
export interface Catalog {
  /**
   * Names in lexical order after `last`, at most `limit`, of those that are visible. Reads only the directories that it
   * must, so that all pages together read each directory about once, whatever is visible.
   */
  list(page: { last?: string; limit: number; visible?: Visibility }): Promise<Page>;
}

export function createCatalog(options: { driver: StorageDriver }): Catalog {
  const list: Catalog['list'] = async ({ last = '', limit, visible = everything }) => {
    if (limit === 0) return { items: [], more: false };
    const items: string[] = [];
    for await (const name of walk({ driver: options.driver, prefix: '', last, visible })) {
      if (items.length === limit) return { items, more: true };
      items.push(name);
    }
    return { items, more: false };
  };
  return { list };
}

/**
 * Repositories below `prefix` ('' or ending with a slash) in the lexical order of their whole names, where `a-b` comes
 * before `a/b` although the directory `a` comes before `a-b`: a name and what lies below it are two places in the order.
 */
async function* walk(options: {
  driver: StorageDriver;
  prefix: string;
  last: string;
  visible: Visibility;
}): AsyncGenerator<string> {
  const { driver, prefix, last, visible } = options;
  const children = await childrenOf(driver, prefix);
  const places = children.flatMap((name) => [prefix + name, `${prefix}${name}/`]).sort();
  for (const place of places) {
    if (place.endsWith('/')) {
      const ahead = place > last || last.startsWith(place);
      if (ahead && visible.below(place.slice(0, -1))) yield* walk({ ...options, prefix: place });
    } else if (place > last && visible.has(place) && (await isRepository(driver, place))) {
      yield place;
    }
  }
}

async function childrenOf(driver: StorageDriver, prefix: string): Promise<string[]> {
  const path = `${repositoriesRoot}/${prefix}`.replace(/\/$/, '');
  const entries = (await absentAsUndefined(driver.list(path))) ?? [];
  return entries
    .filter((entry) => entry.isDirectory)
    .map((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1))
    .filter((name) => !name.startsWith('_'));
}

async function isRepository(driver: StorageDriver, name: string): Promise<boolean> {
  for (const directory of ['_manifests', '_layers']) {
    if (await absentAsUndefined(driver.stat(`${repositoriesRoot}/${name}/${directory}`))) return true;
  }
  return false;
}
