import type { Config } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import type { Digest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import { storedForm, type StoredForm } from './stored-manifest.ts';

/** Bytes of manifests that one worker keeps, whatever `blobdescriptorsize` allows; and of the largest one it keeps. */
const keptBytes = 16 * 1024 * 1024;
const keptSize = 256 * 1024;

export interface ManifestContent {
  readonly content: Buffer;
  readonly form: StoredForm;
}

/** Manifests by their digests, whichever repository they are in. */
export interface ManifestContents {
  /**
   * Undefined when the store does not have it now: what is kept in memory saves reading and parsing it again, but
   * never the look at the storage, because a collection in another process may have taken it.
   */
  read(digest: Digest): Promise<ManifestContent | undefined>;
}

/** @param options.cache `storage.cache`: with `blobdescriptor`, as many as `blobdescriptorsize` says are kept; 0: no limit */
export function createManifestContents(options: {
  driver: StorageDriver;
  cache: Config['storage']['cache'];
}): ManifestContents {
  const { driver, cache } = options;
  const isOn = cache.blobdescriptor !== undefined;
  const limit = cache.blobdescriptorsize || Infinity;
  /** The one used longest ago comes first. */
  const kept = new Map<Digest, ManifestContent>();
  let bytes = 0;

  async function read(digest: Digest): Promise<ManifestContent | undefined> {
    const known = kept.get(digest);
    if (!known) return load(digest);
    drop(digest, known);
    if ((await blobSize(driver, digest)) !== known.content.length) return load(digest);
    keep(digest, known);
    return known;
  }

  async function load(digest: Digest): Promise<ManifestContent | undefined> {
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    if (!content || content.length === 0) return undefined;
    const found = { content, form: storedForm(content) };
    if (isOn && content.length <= keptSize) keep(digest, found);
    return found;
  }

  function keep(digest: Digest, found: ManifestContent): void {
    const before = kept.get(digest);
    if (before) drop(digest, before);
    kept.set(digest, found);
    bytes += found.content.length;
    for (const [oldest, { content }] of kept) {
      if (kept.size <= limit && bytes <= keptBytes) break;
      kept.delete(oldest);
      bytes -= content.length;
    }
  }

  function drop(digest: Digest, known: ManifestContent): void {
    if (kept.delete(digest)) bytes -= known.content.length;
  }

  return { read };
}
