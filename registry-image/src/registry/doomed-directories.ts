import type { Child } from '../storage/driver.ts';
import { parseDoomed } from '../storage/paths.ts';
import { type Digest, parseDigest } from './digest.ts';
import { absentAsUndefined } from './links.ts';

/** What a deletion of a digest took away from a repository. */
export interface DoomedDirectory {
  readonly path: string;
  readonly repository: string;
  readonly digest: Digest;
}

interface Reader {
  children(path: string): Promise<Child[] | undefined>;
}

/** Those below `root`, which are named by `DIGEST.ID/REPOSITORY` (storage/paths.ts). */
export async function findDoomed(reader: Reader, root: string): Promise<DoomedDirectory[]> {
  const found: DoomedDirectory[] = [];
  for (const id of await namesIn(reader, root)) {
    for (const name of await namesIn(reader, `${root}/${id}`)) {
      const { digest: text, repository } = parseDoomed(id, name);
      const digest = parseDigest(text);
      if (digest) found.push({ path: `${root}/${id}/${name}`, repository, digest });
    }
  }
  return found;
}

/** Nothing for a directory that is not there. */
export async function namesIn(reader: Reader, path: string): Promise<string[]> {
  return ((await absentAsUndefined(reader.children(path))) ?? []).map(({ name }) => name);
}
