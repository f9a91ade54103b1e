import { createHash, randomUUID } from 'node:crypto';
import { type Digest, digestAlgorithm, finishDigest } from '../registry/digest.ts';
import type { Content, Entry, StorageDriver } from '../storage/driver.ts';
import { NotAFileError, NotFoundError } from '../storage/errors.ts';
import { blobDataPath } from '../storage/paths.ts';
import { incomingPath } from './backup-layout.ts';

/** `kept`: it was there already. */
export type Copied = 'copied' | 'kept' | 'absent' | 'damaged';

export interface BlobCopier {
  /** Puts a blob of the source where the layout has it in the target, whole or not at all, when its content has the digest. */
  copy(digest: Digest): Promise<Copied>;
  /** The next `copy` looks again: somebody else may have taken the blob from the target. */
  forget(digest: Digest): void;
  /** Blobs asked for that are in the target, and what was copied of them. */
  readonly counts: { blobs: number; bytes: number; copiedBlobs: number; copiedBytes: number };
}

export interface BlobCopyOptions {
  readonly source: StorageDriver;
  readonly target: StorageDriver;
  /** Where in the target a blob grows; the path of one that a crash left tells nobody anything. */
  readonly incoming?: (id: string) => string;
  /** Called for a blob that is in the target already. */
  readonly onKept?: (entry: Entry) => Promise<void>;
  readonly signal: AbortSignal;
}

export function createBlobCopier(options: BlobCopyOptions): BlobCopier {
  const { source, target, incoming = incomingPath, signal } = options;
  const counts = { blobs: 0, bytes: 0, copiedBlobs: 0, copiedBytes: 0 };
  const seen = new Map<Digest, Promise<Copied>>();
  const counted = new Set<Digest>();

  function copy(digest: Digest): Promise<Copied> {
    const known = seen.get(digest);
    if (known) return known;
    const work = copyOnce(digest);
    seen.set(digest, work);
    // What is not there now may be there when it is asked for again.
    const again = (result?: Copied): unknown =>
      result === 'copied' || result === 'kept' ? undefined : seen.delete(digest);
    work.then(again, () => again());
    return work;
  }

  async function copyOnce(digest: Digest): Promise<Copied> {
    signal.throwIfAborted();
    const path = blobDataPath(digest);
    const [from, to] = [await statOrNothing(source, path), await statOrNothing(target, path)];
    // A blob that was swept from the source after an earlier copy is still what the digest says.
    if (to && (from === undefined || from.size === to.size)) {
      await options.onKept?.(to);
      count(digest, to.size);
      return 'kept';
    }
    if (!from) return 'absent';
    const size = await transfer(digest, path);
    if (typeof size !== 'number') return size;
    count(digest, size);
    counts.copiedBlobs += 1;
    counts.copiedBytes += size;
    return 'copied';
  }

  function count(digest: Digest, size: number): void {
    if (counted.has(digest)) return;
    counted.add(digest);
    counts.blobs += 1;
    counts.bytes += size;
  }

  async function transfer(digest: Digest, path: string): Promise<number | 'absent' | 'damaged'> {
    const content = await openOrNothing(source, path);
    if (!content) return 'absent';
    const temporary = incoming(randomUUID());
    const hash = createHash(digestAlgorithm(digest));
    let size = 0;
    try {
      const appender = await target.appender(temporary);
      try {
        for await (const piece of content) {
          signal.throwIfAborted();
          hash.update(piece);
          size += piece.length;
          await appender.write([piece]);
        }
        await appender.finish();
        await appender.sync();
      } finally {
        await appender.close();
      }
      if (finishDigest(hash, digestAlgorithm(digest)) !== digest) {
        await target.delete(temporary);
        return 'damaged';
      }
      await target.publish(temporary, path, size);
      return size;
    } catch (error) {
      await target.delete(temporary).catch(() => {});
      throw error;
    } finally {
      await content.close();
    }
  }

  return { copy, forget: (digest) => void seen.delete(digest), counts };
}

async function openOrNothing(driver: StorageDriver, path: string): Promise<Content | undefined> {
  return driver.reader(path).catch(absentAsUndefined);
}

export async function statOrNothing(driver: StorageDriver, path: string): Promise<Entry | undefined> {
  const entry = await driver.stat(path).catch(absentAsUndefined);
  return entry?.isDirectory ? undefined : entry;
}

function absentAsUndefined(error: unknown): undefined {
  if (error instanceof NotFoundError || error instanceof NotAFileError) return undefined;
  throw error;
}
