import { Readable } from 'node:stream';
import type { Digest } from '../../../registry-image/src/registry/digest.ts';
import type { Registry } from '../../../registry-image/src/registry/index.ts';
import { blobs, type Image, images } from './images.ts';

/** Sends one request to a registry; which process of which replica takes it is not the client's to choose. */
export type Send = <T>(work: (registry: Registry) => Promise<T>) => Promise<T>;

export interface PushWay {
  /** What is asked before anything is sent. */
  readonly ask: 'blobs' | 'manifest' | 'nothing';
  /** Blobs are mounted from there, where they can be. */
  readonly mountFrom: string | undefined;
}

/** Pushes an image and its children; resolves when all that was sent was acknowledged. */
export async function pushContent(
  send: Send,
  { repository, image, way }: { repository: string; image: Image; way: PushWay },
  put: (image: Image) => Promise<void>,
): Promise<void> {
  for (const child of image.children) {
    if (way.ask !== 'nothing' && (await hasManifest(send, repository, child.digest))) continue;
    await pushBlobs(send, { repository, image: child, way });
    await put(child);
  }
  if (image.children.length > 0) return;
  if (way.ask === 'manifest' && (await hasManifest(send, repository, image.digest))) return;
  await pushBlobs(send, { repository, image, way });
}

async function pushBlobs(
  send: Send,
  { repository, image, way }: { repository: string; image: Image; way: PushWay },
): Promise<void> {
  for (const digest of image.blobs) {
    if (way.ask !== 'nothing' && (await hasBlob(send, repository, digest))) continue;
    const { mountFrom } = way;
    if (mountFrom !== undefined && mountFrom !== repository) {
      if (await send(({ blobs: held }) => held.mount(repository, digest, mountFrom))) continue;
    }
    await uploadBlob(send, repository, digest);
  }
}

async function uploadBlob(send: Send, repository: string, digest: Digest): Promise<void> {
  const begun = await send(({ uploads }) => uploads.start(repository));
  await send(async ({ uploads }) => {
    const upload = await uploads.find(repository, begun.id);
    const whole = await uploads.append(upload, Readable.from([blobs.get(digest)]));
    await uploads.commit(whole, digest);
  });
}

function hasManifest(send: Send, repository: string, digest: Digest): Promise<boolean> {
  const asked = send(({ manifests }) => manifests.get(repository, { digest }, { renewLease: true }));
  return asked.then(
    () => true,
    (error: unknown) => absentOrThrow(error, 'MANIFEST_UNKNOWN'),
  );
}

function hasBlob(send: Send, repository: string, digest: Digest): Promise<boolean> {
  const asked = send(({ blobs: held }) => held.stat(repository, digest, { renewLease: true }));
  return asked.then(
    () => true,
    (error: unknown) => absentOrThrow(error, 'BLOB_UNKNOWN'),
  );
}

function absentOrThrow(error: unknown, code: string): false {
  if (codeOf(error) !== code) throw error;
  return false;
}

/** The code of the protocol that a request was answered with; undefined for what is no such answer. */
export function codeOf(error: unknown): string | undefined {
  const problems = (error as { problems?: readonly { code: string }[] } | undefined)?.problems;
  return problems?.[0]?.code;
}

/**
 * Pulls what a tag names, and all that it refers to.
 * @returns the digest that was pulled
 * @throws Error that says what is missing or wrong
 */
export async function pull(
  send: Send,
  repository: string,
  reference: { tag: string } | { digest: Digest },
): Promise<Digest> {
  const manifest = await send(({ manifests }) => manifests.get(repository, reference));
  const image = images.find(({ digest }) => digest === manifest.digest);
  if (!image?.content.equals(manifest.content)) throw new Error(`${manifest.digest} is not what was pushed`);
  for (const { digest } of image.children) await pull(send, repository, { digest });
  for (const digest of image.blobs) await pullBlob(send, repository, digest);
  return image.digest;
}

async function pullBlob(send: Send, repository: string, digest: Digest): Promise<void> {
  const content = await send(async ({ blobs: held }) => {
    const blob = await held.stat(repository, digest);
    const whole = await held.read(blob, { start: 0, end: blob.size - 1 });
    if (!Buffer.isBuffer(whole)) throw new Error(`${digest} is not read at once`);
    return whole;
  });
  if (!blobs.get(digest)?.equals(content)) throw new Error(`${digest} is not what was pushed`);
}
