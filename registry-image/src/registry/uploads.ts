import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Appender, Entry, StorageDriver } from '../storage/driver.ts';
import { NotFoundError, OvertakenError } from '../storage/errors.ts';
import {
  blobDataPath,
  layerLinkPath,
  uploadDataPath,
  uploadPath,
  uploadStartedAtPath,
} from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import type { CommitGate } from './commit-gate.ts';
import { type Algorithm, type Digest, digestAlgorithm, finishDigest } from './digest.ts';
import { registryError } from './errors.ts';
import { absentAsUndefined } from './links.ts';
import { createRunningHashes, type RunningHash, startHash } from './running-hashes.ts';
import type { TrashRescue } from './trash-rescue.ts';
import { createWriteBehind } from './write-behind.ts';

/** Uploads whose hash is kept between requests. */
const hashLimit = 1024;

export interface Upload {
  readonly repository: string;
  readonly id: string;
  /** Bytes received so far. */
  readonly size: number;
}

/** Uploads under way. Their whole state is on the storage, so any process on it can go on with any upload. */
export interface Uploads {
  /** @param algorithm of the digest by which it will be completed, as far as that is known */
  start(repository: string, algorithm?: Algorithm): Promise<Upload>;
  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  find(repository: string, id: string): Promise<Upload>;
  /**
   * Appends a body as it comes in. A request for the same upload that is still running is overtaken: it fails, and what it sends
   * from now on is lost.
   * @param algorithm of the digest by which the upload will be completed, as far as that is known
   * @returns the upload with its new size; what had arrived before an error stays
   * @throws RegistryError BLOB_UPLOAD_UNKNOWN (it is gone by now), RANGE_INVALID (overtaken by another request)
   */
  append(upload: Upload, body: Readable, algorithm?: Algorithm): Promise<Upload>;
  /**
   * Makes the upload a blob of its repository, durably.
   * @throws RegistryError DIGEST_INVALID (the upload is removed then), BLOB_UPLOAD_INVALID (it grew meanwhile)
   */
  commit(upload: Upload, digest: Digest, signal?: AbortSignal): Promise<void>;
  cancel(upload: Upload): Promise<void>;
}

export function createUploads(options: {
  driver: StorageDriver;
  gate: CommitGate;
  rescue: TrashRescue;
}): Uploads {
  const { driver, gate, rescue } = options;
  const hashes = createRunningHashes({ limit: hashLimit });

  async function start(repository: string, algorithm: Algorithm = 'sha256'): Promise<Upload> {
    const id = randomUUID();
    const upload = { repository, id, size: 0 };
    try {
      // Appended, not put: an upload that a crash of the machine takes is begun again, so nothing has to be flushed here.
      await create(uploadStartedAtPath(repository, id), startedAt(new Date()));
      hashes.keep(id, await create(uploadDataPath(repository, id), ''), startHash(algorithm));
    } catch (error) {
      await cancel(upload).catch(() => {});
      throw error;
    }
    return upload;
  }

  async function create(path: string, content: string): Promise<string> {
    const appender = await driver.appender(path);
    try {
      if (content !== '') await appender.write([Buffer.from(content)]);
      return await appender.finish();
    } finally {
      await appender.close();
    }
  }

  async function find(repository: string, id: string): Promise<Upload> {
    const data = isUploadId(id) ? await dataOf(repository, id) : undefined;
    if (!data) throw unknownUpload(id);
    return { repository, id, size: data.size };
  }

  async function dataOf(repository: string, id: string): Promise<Entry | undefined> {
    const data = await absentAsUndefined(driver.stat(uploadDataPath(repository, id)));
    return data?.isDirectory ? undefined : data;
  }

  function append(upload: Upload, body: Readable, algorithm?: Algorithm): Promise<Upload> {
    return withAppender(upload, async (appender) => {
      const running = runningHash(upload, appender, algorithm);
      const file = createWriteBehind(appender);
      let size = appender.offset;
      try {
        // Not destroyed when this ends early: the connection is still needed for the answer.
        for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          running?.hash.update(chunk);
          size += chunk.length;
          await file.write(chunk);
        }
      } finally {
        // Also when the client has broken off: it may go on from here.
        await file.flush();
        keepHash(upload, await appender.finish(), running);
      }
      return { ...upload, size };
    });
  }

  function keepHash(upload: Upload, version: string, running: RunningHash | undefined): void {
    if (running) hashes.keep(upload.id, version, running);
  }

  /** The hash over what the upload holds; undefined when it is not known here, and is taken from the file in the end. */
  function runningHash(
    upload: Upload,
    appender: Appender,
    algorithm: Algorithm | undefined,
  ): RunningHash | undefined {
    const kept = hashes.take(upload.id, appender.version);
    if (kept && (algorithm === undefined || kept.algorithm === algorithm)) return kept;
    return appender.offset === 0 ? startHash(algorithm ?? 'sha256') : undefined;
  }

  async function withAppender<T>(upload: Upload, work: (appender: Appender) => Promise<T>): Promise<T> {
    try {
      const appender = await driver.appender(uploadDataPath(upload.repository, upload.id), { create: false });
      try {
        return await work(appender);
      } finally {
        await appender.close();
      }
    } catch (error) {
      if (error instanceof NotFoundError) throw unknownUpload(upload.id);
      if (!(error instanceof OvertakenError)) throw error;
      throw registryError('RANGE_INVALID', { uuid: upload.id }, 'another request goes on with this upload');
    }
  }

  async function commit(upload: Upload, digest: Digest, signal?: AbortSignal): Promise<void> {
    const { repository } = upload;
    const { content, size } = await withAppender(upload, async (appender) => {
      await appender.sync();
      return {
        content: await digestOfUpload(upload, appender, digestAlgorithm(digest)),
        size: appender.offset,
      };
    });
    if (content !== digest) {
      await cancel(upload);
      throw registryError('DIGEST_INVALID', { digest, content });
    }
    const section = async (): Promise<void> => {
      const placed = await place({ ...upload, size }, digest);
      await driver.putContent(layerLinkPath(repository, digest), digest);
      // A sweep that had chosen the old data before the link was there takes it all the same.
      const placedAgain = await place({ ...upload, size }, digest);
      // Whoever placed it may not have got as far as making it durable, which a 201 says that it is.
      if (!placed && !placedAgain) await driver.settle(blobDataPath(digest));
    };
    await gate.run(section, { signal, adds: [{ kind: 'blob', repository, digest }] });
    await cancel(upload);
  }

  /**
   * Moves the data to its digest unless the blob is there, and tells whether it did. What came after it was hashed must not
   * get there with it.
   */
  async function place(upload: Upload, digest: Digest): Promise<boolean> {
    if ((await blobSize(driver, digest)) === upload.size) return false;
    const data = await dataOf(upload.repository, upload.id);
    // Placed once already, and taken by a sweep.
    if (!data && (await rescue.bringBack(blobDataPath(digest)))) return false;
    if (data?.size !== upload.size) {
      throw registryError(
        'BLOB_UPLOAD_INVALID',
        { uuid: upload.id },
        'another request has changed the upload meanwhile',
      );
    }
    const published = await absentAsUndefined(
      driver.publish(data.path, blobDataPath(digest), upload.size).then(() => true),
    );
    if (published) return true;
    // Another request has completed it, or cancelled it, at this very moment.
    if ((await blobSize(driver, digest)) === upload.size) return false;
    throw unknownUpload(upload.id);
  }

  async function digestOfUpload(upload: Upload, appender: Appender, algorithm: Algorithm): Promise<Digest> {
    const running = runningHash(upload, appender, algorithm);
    if (running) {
      // The gate may refuse the commit, and the client try it again.
      hashes.keep(upload.id, appender.version, { algorithm, hash: running.hash.copy() });
      return finishDigest(running.hash, algorithm);
    }
    const { hash } = startHash(algorithm);
    const content = await driver.reader(uploadDataPath(upload.repository, upload.id), {
      start: 0,
      end: appender.offset - 1,
    });
    try {
      for await (const chunk of content) hash.update(chunk);
    } finally {
      await content.close();
    }
    hashes.keep(upload.id, appender.version, { algorithm, hash: hash.copy() });
    return finishDigest(hash, algorithm);
  }

  async function cancel(upload: Upload): Promise<void> {
    hashes.drop(upload.id);
    await driver.delete(uploadPath(upload.repository, upload.id));
  }

  return { start, find, append, commit, cancel };
}

function unknownUpload(id: string): Error {
  return registryError('BLOB_UPLOAD_UNKNOWN', { uuid: id });
}

/** RFC 3339 in seconds, as distribution writes and reads it. */
function startedAt(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, 'Z');
}

function isUploadId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
