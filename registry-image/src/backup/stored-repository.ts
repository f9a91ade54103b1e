import { departedDigest, departedTags } from '../registry/departures.ts';
import { type Digest, isAlgorithm, parseDigest } from '../registry/digest.ts';
import { isRepositoryName, isTag } from '../registry/reference.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { NotAFileError, NotFoundError } from '../storage/errors.ts';
import {
  layersPath,
  repositoriesRoot,
  revisionsPath,
  tagCurrentLinkPath,
  tagIndexPath,
  tagsPath,
} from '../storage/paths.ts';
import type { RepositoryRecord } from './snapshot.ts';

/** The repositories of a store by name, each when it is found. */
export async function* storedRepositories(driver: StorageDriver, parent = ''): AsyncGenerator<string> {
  const children = await directoriesIn(
    driver,
    parent === '' ? repositoriesRoot : `${repositoriesRoot}/${parent}`,
  );
  if (parent !== '' && children.some((name) => name === '_manifests' || name === '_layers')) yield parent;
  for (const child of children) {
    const name = parent === '' ? child : `${parent}/${child}`;
    if (isRepositoryName(name)) yield* storedRepositories(driver, name);
  }
}

/**
 * What is in a repository now. A push writes layers, then the revision, then the tag; it is read the other way round, so that with a tag
 * comes all that was there when it was set.
 */
export async function readRepository(driver: StorageDriver, repository: string): Promise<RepositoryRecord> {
  const tags: RepositoryRecord['tags'] = {};
  for (const tag of (await directoriesIn(driver, tagsPath(repository))).filter(isTag)) {
    const current = await linkIn(driver, tagCurrentLinkPath(repository, tag));
    if (current === undefined) continue;
    const history = await links(driver, tagIndexPath(repository, tag));
    tags[tag] = { current, history: history.map(([digest]) => digest) };
  }
  for (const tag of await departedTags(driver, repository)) {
    const current = await departedDigest(driver, { repository, tag });
    if (current !== undefined) tags[tag] ??= { current, history: [current] };
  }
  const revisions = (await links(driver, revisionsPath(repository))).map(([digest]) => digest);
  return { repository, tags, revisions, layers: await links(driver, layersPath(repository)) };
}

/** Digest and target of each link in `path/ALGORITHM/HEX/link`. */
async function links(driver: StorageDriver, path: string): Promise<[Digest, Digest][]> {
  const found: [Digest, Digest][] = [];
  for (const algorithm of (await directoriesIn(driver, path)).filter(isAlgorithm)) {
    for (const hex of await directoriesIn(driver, `${path}/${algorithm}`)) {
      const digest = parseDigest(`${algorithm}:${hex}`);
      const target = digest && (await linkIn(driver, `${path}/${algorithm}/${hex}/link`));
      if (digest && target) found.push([digest, target]);
    }
  }
  return found;
}

async function linkIn(driver: StorageDriver, path: string): Promise<Digest | undefined> {
  try {
    return parseDigest((await driver.getContent(path)).toString('latin1').trim());
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof NotAFileError) return undefined;
    throw error;
  }
}

async function directoriesIn(driver: StorageDriver, path: string): Promise<string[]> {
  try {
    return (await driver.children(path)).filter(({ kind }) => kind !== 'file').map(({ name }) => name);
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof NotAFileError) return [];
    throw error;
  }
}
