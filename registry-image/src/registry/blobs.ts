import type { Content, StorageDriver } from '../storage/driver.ts';
import { blobDataPath, layerLinkPath, layerPath } from '../storage/paths.ts';
import { type BlobSearch, findBlobSource } from './blob-source.ts';
import type { Catalog } from './catalog.ts';
import type { CommitGate } from './commit-gate.ts';
import { type Digest, digestAlgorithm, digestOf } from './digest.ts';
import { RegistryError, registryError } from './errors.ts';
import type { Addition } from './journal.ts';
import type { Leases } from './leases.ts';
import { absentAsUndefined, readLink } from './links.ts';
import type { TrashRescue } from './trash-rescue.ts';

/** Bytes of a blob that is read whole: one operation on the storage, where opening, reading and closing are four. */
const wholeSize = 64 * 1024;

interface BlobInfo {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

interface StatOptions {
  readonly renewLease?: boolean;
  readonly signal?: AbortSignal;
}

/** Blobs as a repository sees them: through its links. */
export interface Blobs {
  /**
   * @param options.renewLease the answer may make a client reuse the blob instead of pushing it
   * @throws RegistryError BLOB_UNKNOWN
   */
  stat(repository: string, digest: Digest, options?: StatOptions): Promise<BlobInfo>;
  /** Opens bytes [start, end] (both inclusive); those of a small blob come at once. @throws RegistryError BLOB_UNKNOWN */
  read(blob: BlobInfo, range: { start: number; end: number }): Promise<Content | Buffer>;
  /** Looks for a repository that has a blob; gives up before it costs much (blob-source.ts). */
  findSource(search: BlobSearch): Promise<string | undefined>;
  /** Links a blob of another repository into this one; false when that one does not have it. */
  mount(repository: string, digest: Digest, from: string, signal?: AbortSignal): Promise<boolean>;
  /** Removes this repository's link; the data stays until a collection. @throws RegistryError BLOB_UNKNOWN */
  unlink(repository: string, digest: Digest, signal?: AbortSignal): Promise<void>;
}

export function createBlobs(options: {
  driver: StorageDriver;
  gate: CommitGate;
  leases: Leases;
  catalog: Catalog;
  rescue: TrashRescue;
}): Blobs {
  const { driver, gate, leases, catalog, rescue } = options;

  async function stat(repository: string, digest: Digest, statOptions: StatOptions = {}): Promise<BlobInfo> {
    try {
      return await look(driver, { repository, digest }, statOptions);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      const target = await readLink(rescue.reading, layerLinkPath(repository, digest));
      if (target === undefined) throw error;
      if (statOptions.renewLease) {
        const held: Addition = { kind: 'blob', repository, digest };
        const needed = [blobDataPath(target), layerLinkPath(repository, digest)];
        await rescue.bringBackFor(held, needed, statOptions.signal);
      }
      return look(rescue.reading, { repository, digest }, statOptions);
    }
  }

  async function look(
    driver: StorageDriver,
    { repository, digest }: { repository: string; digest: Digest },
    { renewLease = false, signal }: StatOptions,
  ): Promise<BlobInfo> {
    const path = layerLinkPath(repository, digest);
    const link = renewLease ? await absentAsUndefined(driver.stat(path)) : undefined;
    const target = await readLink(driver, path);
    if (!target || !isOrNames(target, digest)) throw unknownBlob(digest);
    const held: Addition = { kind: 'blob', repository, digest };
    if (renewLease && !(link && (await leases.renewIfOld(held, link.modified, { signal }))))
      throw unknownBlob(digest);
    // After the renewal, so that what a collection removed before it is seen as gone.
    const size = await blobSize(driver, target);
    if (size === undefined) throw unknownBlob(digest);
    return { digest: target, size };
  }

  async function read(
    { digest, size }: BlobInfo,
    range: { start: number; end: number },
  ): Promise<Content | Buffer> {
    const path = blobDataPath(digest);
    const whole = size <= wholeSize ? await absentAsUndefined(rescue.reading.getContent(path)) : undefined;
    if (whole?.length === size) return whole.subarray(range.start, range.end + 1);
    const content = await absentAsUndefined(rescue.reading.reader(path, range));
    if (!content) throw unknownBlob(digest);
    return content;
  }

  async function mount(
    repository: string,
    digest: Digest,
    from: string,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const section = async (): Promise<boolean> => {
      if ((await readLink(driver, layerLinkPath(from, digest))) === undefined) return false;
      const existed = (await readLink(driver, layerLinkPath(repository, digest))) !== undefined;
      if ((await blobSize(driver, digest)) === undefined) return false;
      await driver.putContent(layerLinkPath(repository, digest), digest);
      if ((await blobSize(driver, digest)) !== undefined) return true;
      if (!existed) await driver.delete(layerPath(repository, digest));
      return false;
    };
    return gate.run(section, { signal, adds: [{ kind: 'blob', repository, digest }] });
  }

  async function unlink(repository: string, digest: Digest, signal?: AbortSignal): Promise<void> {
    const section = async (): Promise<void> => {
      const link = await absentAsUndefined(driver.stat(layerLinkPath(repository, digest)));
      if (!link) throw unknownBlob(digest);
      await driver.delete(layerPath(repository, digest));
    };
    await gate.run(section, { signal });
  }

  const findSource: Blobs['findSource'] = (search) => findBlobSource({ driver, catalog }, search);

  return { stat, read, findSource, mount, unlink };
}

/** Bytes of a blob's data; undefined when it is absent, or empty where it must not be (a crash can leave that). */
export async function blobSize(driver: StorageDriver, digest: Digest): Promise<number | undefined> {
  const data = await absentAsUndefined(driver.stat(blobDataPath(digest)));
  if (!data || data.isDirectory) return undefined;
  if (data.size === 0 && digest !== digestOf('', digestAlgorithm(digest))) return undefined;
  return data.size;
}

/** A link holds its own digest, or, as distribution writes it, that of another algorithm for the same content. */
function isOrNames(target: Digest, digest: Digest): boolean {
  return target === digest || digestAlgorithm(target) !== digestAlgorithm(digest);
}

function isUnknown(error: unknown): boolean {
  return error instanceof RegistryError && error.problems[0].code === 'BLOB_UNKNOWN';
}

function unknownBlob(digest: Digest): Error {
  return registryError('BLOB_UNKNOWN', { digest });
}
