import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, layerLinkPath } from '../storage/paths.ts';
import type { Catalog } from './catalog.ts';
import type { Digest } from './digest.ts';
import { absentAsUndefined, readLink } from './links.ts';

/** A search ends after so many repositories, or when it has taken so many milliseconds. */
const repositoryLimit = 2_000;
const timeLimit = 250;
/** Repositories looked at together. */
const pageSize = 100;

/** Who asks, and for what. */
export interface BlobSearch {
  readonly digest: Digest;
  /** Looked at first. */
  readonly repository: string;
  readonly mayPull: (repository: string) => boolean;
}

/**
 * A repository that has the blob and may be pulled from; undefined when none was found within the limits. No index tells where a
 * blob is, so the links are looked for one by one, in the order of the catalog.
 */
export async function findBlobSource(
  { driver, catalog }: { driver: StorageDriver; catalog: Catalog },
  { digest, repository, mayPull }: BlobSearch,
): Promise<string | undefined> {
  if (!(await absentAsUndefined(driver.stat(blobDataPath(digest))))) return undefined;
  const deadline = performance.now() + timeLimit;
  let names = [repository];
  for (let seen = 0; seen < repositoryLimit && names.length > 0 && performance.now() < deadline;) {
    const links = await Promise.all(
      names.filter(mayPull).map(async (name) => ({
        name,
        target: await readLink(driver, layerLinkPath(name, digest)),
      })),
    );
    const found = links.find(({ target }) => target !== undefined);
    if (found) return found.name;
    const last = seen === 0 ? '' : names.at(-1);
    seen += names.length;
    names = [...(await catalog.list({ last, limit: pageSize })).items];
  }
  return undefined;
}
