import { createHash } from 'node:crypto';
import { type BoundedReader, createBoundedReader } from '../gc/bounded-reader.ts';
import {
  type Algorithm,
  type Digest,
  digestAlgorithm,
  digestOf,
  finishDigest,
  parseDigest,
} from '../registry/digest.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath } from '../storage/paths.ts';
import { type ManifestReference, manifestReferences } from './manifest-references.ts';

/** Bytes above which nothing is taken for a manifest (the registry accepts 4 MiB). */
const maximumManifest = 16 * 1024 * 1024;

/** What a link file says: a digest, or text that is none. */
export type LinkFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'text'; readonly text: string };

export type StoredManifest =
  | { readonly kind: 'absent' | 'damaged' | 'unknown' }
  | { readonly kind: 'manifest'; readonly references: readonly ManifestReference[] };

/** A store as it is looked at. Everything but absence is thrown. */
export interface Store extends BoundedReader {
  readonly driver: StorageDriver;
  /** Blobs whose damage is told already and was not mended. */
  readonly damagedBlobs: Set<Digest>;
  link(path: string): Promise<LinkFile>;
  /** The digest of a file's content, streamed; undefined when it is absent. */
  hash(path: string, algorithm: Algorithm): Promise<Digest | undefined>;
  /** Bytes of a blob; undefined when it is not there or, by its size alone, damaged. */
  blobSize(digest: Digest): Promise<number | undefined>;
  manifest(digest: Digest): Promise<StoredManifest>;
}

export function createStore(driver: StorageDriver, signal: AbortSignal): Store {
  const reader = createBoundedReader(driver, signal);

  async function link(path: string): Promise<LinkFile> {
    const content = await reader.content(path);
    if (!content) return { kind: 'absent' };
    const text = content.toString('latin1').trim();
    const digest = parseDigest(text);
    return digest ? { kind: 'digest', digest } : { kind: 'text', text };
  }

  async function hash(path: string, algorithm: Algorithm): Promise<Digest | undefined> {
    if (!(await reader.stat(path))) return undefined;
    const running = createHash(algorithm);
    const content = await driver.reader(path);
    try {
      for await (const piece of content) {
        signal.throwIfAborted();
        running.update(piece);
      }
    } finally {
      await content.close();
    }
    return finishDigest(running, algorithm);
  }

  async function blobSize(digest: Digest): Promise<number | undefined> {
    const data = await reader.stat(blobDataPath(digest));
    if (!data || data.isDirectory) return undefined;
    if (data.size === 0 && digest !== digestOf('', digestAlgorithm(digest))) return undefined;
    return data.size;
  }

  async function manifest(digest: Digest): Promise<StoredManifest> {
    const size = await blobSize(digest);
    if (size === undefined) return { kind: 'absent' };
    if (size > maximumManifest) return { kind: 'unknown' };
    const content = await reader.content(blobDataPath(digest));
    if (!content) return { kind: 'absent' };
    if (digestOf(content, digestAlgorithm(digest)) !== digest) return { kind: 'damaged' };
    const references = manifestReferences(content);
    return references ? { kind: 'manifest', references } : { kind: 'unknown' };
  }

  return { ...reader, driver, damagedBlobs: new Set(), link, hash, blobSize, manifest };
}

/** What a link file that is not as it should be says, in words. */
export function describeLink(link: Exclude<LinkFile, { kind: 'absent' }>): string {
  if (link.kind === 'digest') return `it names ${link.digest}`;
  return link.text === ''
    ? 'it is empty'
    : `it holds no digest but ${JSON.stringify(link.text.slice(0, 100))}`;
}
