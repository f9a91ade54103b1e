import type { Config } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import { type Digest, digestAlgorithm, digestOf } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import type { TrashRescue } from './trash-rescue.ts';
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
   * For who has just seen the link of a repository to it: links go before what they name, so what is kept in memory never outlives
   * a deletion or a collection in another process. Undefined when the store does not have it.
   * @param options.look whether the data is there now is looked at all the same: the answer may stand in for a push of it
   */
  read(digest: Digest, options?: { look?: boolean }): Promise<ManifestContent | undefined>;
}

/** @param options.cache `storage.cache`: with `blobdescriptor`, as many as `blobdescriptorsize` says are kept; 0: no limit */
export function createManifestContents(options: {
  driver: StorageDriver;
  rescue: Pick<TrashRescue, 'reading'>;
  cache: Config['storage']['cache'];
}): ManifestContents {
  const { driver, rescue, cache } = options;
  const isOn = cache.blobdescriptor !== undefined;
  const limit = cache.blobdescriptorsize || Infinity;
  /** The one used longest ago comes first. */
  const kept = new Map<Digest, ManifestContent>();
  let bytes = 0;

  async function read(
    digest: Digest,
    { look = false }: { look?: boolean } = {},
  ): Promise<ManifestContent | undefined> {
    const known = kept.get(digest);
    if (known && (!look || (await blobSize(driver, digest)) === known.content.length)) {
      keep(digest, known);
      return known;
    }
    drop(digest);
    return load(digest);
  }

  async function load(digest: Digest): Promise<ManifestContent | undefined> {
    const content = await absentAsUndefined(rescue.reading.getContent(blobDataPath(digest)));
    if (!content || content.length === 0) return undefined;
    const found = { content, form: storedForm(content) };
    // What is damaged in the store may be mended there.
    const isRight = (): boolean => digestOf(content, digestAlgorithm(digest)) === digest;
    if (isOn && content.length <= keptSize && isRight()) keep(digest, found);
    return found;
  }

  function keep(digest: Digest, found: ManifestContent): void {
    drop(digest);
    kept.set(digest, found);
    bytes += found.content.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= limit && bytes <= keptBytes) break;
      drop(oldest);
    }
  }

  function drop(digest: Digest): void {
    bytes -= kept.get(digest)?.content.length ?? 0;
    kept.delete(digest);
  }

  return { read };
}
