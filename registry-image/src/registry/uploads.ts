import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Entry, StorageDriver } from '../storage/driver.ts';
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
import { createRunningHashes, startHash } from './running-hashes.ts';

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
  start(repository: string): Promise<Upload>;
  /** @throws RegistryError BLOB_UPLOAD_UNKNOWN */
  find(repository: string, id: string): Promise<Upload>;
  /**
   * Appends a body as it comes in.
   * @param algorithm of the digest by which the upload will be completed, as far as it is known
   * @returns the upload with its new size; what had arrived before an error stays
   */
  append(upload: Upload, body: Readable, algorithm?: Algorithm): Promise<Upload>;
  /**
   * Makes the upload a blob of its repository.
   * @throws RegistryError DIGEST_INVALID (the upload is removed then), BLOB_UPLOAD_INVALID (it grew meanwhile)
   */
  commit(upload: Upload, digest: Digest, signal?: AbortSignal): Promise<void>;
  cancel(upload: Upload): Promise<void>;
}

export function createUploads(options: { driver: StorageDriver; gate: CommitGate }): Uploads {
  const { driver, gate } = options;
  const hashes = createRunningHashes({ limit: hashLimit });

  async function start(repository: string): Promise<Upload> {
    const id = randomUUID();
    // Appended, not put: an upload that a crash of the machine takes is begun again, so nothing has to be flushed here.
    await create(uploadStartedAtPath(repository, id), startedAt(new Date()));
    await create(uploadDataPath(repository, id), '');
    return { repository, id, size: 0 };
  }

  async function create(path: string, content: string): Promise<void> {
    const appender = await driver.appender(path);
    try {
      if (content !== '') await appender.write(Buffer.from(content));
    } finally {
      await appender.close();
    }
  }

  async function find(repository: string, id: string): Promise<Upload> {
    const data = isUploadId(id) ? await dataOf(repository, id) : undefined;
    if (!data) throw registryError('BLOB_UPLOAD_UNKNOWN', { uuid: id });
    return { repository, id, size: data.size };
  }

  function dataOf(repository: string, id: string): Promise<Entry | undefined> {
    return absentAsUndefined(driver.stat(uploadDataPath(repository, id)));
  }

  async function append(upload: Upload, body: Readable, algorithm: Algorithm = 'sha256'): Promise<Upload> {
    const appender = await driver.appender(uploadDataPath(upload.repository, upload.id));
    const running = hashes.take(upload.id, algorithm, appender.offset);
    let size = appender.offset;
    let whole = true;
    try {
      // Not destroyed when this ends early: the connection is still needed for the answer.
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        whole = false;
        const written = appender.write(chunk);
        running?.hash.update(chunk);
        await written;
        size += chunk.length;
        whole = true;
      }
    } finally {
      await appender.close();
      if (running && whole) hashes.keep(upload.id, { ...running, offset: size });
    }
    return { ...upload, size };
  }

  async function commit(upload: Upload, digest: Digest, signal?: AbortSignal): Promise<void> {
    const { repository, id } = upload;
    const data = uploadDataPath(repository, id);
    const appender = await driver.appender(data);
    const size = appender.offset;
    try {
      await appender.sync();
    } finally {
      await appender.close();
    }
    const content = await digestOfUpload(upload, digestAlgorithm(digest), size);
    if (content !== digest) {
      await cancel(upload);
      throw registryError('DIGEST_INVALID', { digest, content });
    }
    await gate.run(async () => {
      await place({ ...upload, size }, digest);
      await driver.putContent(layerLinkPath(repository, digest), digest);
      // A sweep that had chosen the old data before the link was there takes it all the same.
      await place({ ...upload, size }, digest);
    }, signal);
    await cancel(upload);
  }

  /** Moves the data to its digest unless the blob is there. What came after it was hashed must not get there with it. */
  async function place(upload: Upload, digest: Digest): Promise<void> {
    if ((await blobSize(driver, digest)) === upload.size) return;
    const data = await dataOf(upload.repository, upload.id);
    if (data?.size !== upload.size) {
      throw registryError(
        'BLOB_UPLOAD_INVALID',
        { uuid: upload.id },
        'another request has changed the upload meanwhile',
      );
    }
    await driver.publish(data.path, blobDataPath(digest), upload.size);
  }

  async function digestOfUpload(upload: Upload, algorithm: Algorithm, size: number): Promise<Digest> {
    const running = hashes.take(upload.id, algorithm, size) ?? startHash(algorithm);
    if (running.offset !== size) {
      const stream = await driver.reader(uploadDataPath(upload.repository, upload.id));
      for await (const chunk of stream as AsyncIterable<Buffer>) running.hash.update(chunk);
    }
    return finishDigest(running.hash, algorithm);
  }

  async function cancel(upload: Upload): Promise<void> {
    hashes.drop(upload.id);
    await driver.delete(uploadPath(upload.repository, upload.id));
  }

  return { start, find, append, commit, cancel };
}

/** RFC 3339 in seconds, as distribution writes and reads it. */
function startedAt(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, 'Z');
}

function isUploadId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
