import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { StorageDriver } from '../storage/driver.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import * as paths from '../storage/paths.ts';

/** The time of every test run, in milliseconds since the epoch. */
export const testNow = Date.UTC(2026, 0, 31);
export const hour = 3_600_000;

export interface Pushed {
  readonly digest: string;
  readonly size: number;
}

export interface PushOptions {
  readonly tag?: string;
  readonly subject?: Pushed;
  /** Milliseconds since the leases of the links were renewed; default: long ago. */
  readonly age?: number;
  /** More fields of the manifest. */
  readonly extra?: Record<string, unknown>;
}

/** Builds a store on disk in distribution's layout, without the code under test. */
export interface StoreFixture {
  readonly root: string;
  readonly driver: StorageDriver;
  /** Writes a file at a storage path. */
  write(path: string, content: Buffer | string, modified?: number): void;
  /** Removes a file or directory at a storage path. */
  remove(path: string): void;
  blob(content: Buffer | string): Pushed;
  layer(repository: string, content: string, age?: number): Pushed;
  manifest(repository: string, manifest: Record<string, unknown>, options?: PushOptions): Pushed;
  image(repository: string, name: string, layers: readonly string[], options?: PushOptions): Pushed;
  index(repository: string, children: readonly Pushed[], options?: PushOptions): Pushed;
  /** @param age milliseconds since it was set; default: long ago */
  tag(repository: string, tag: string, digest: string, age?: number): void;
  /** Storage paths of all files, sorted. */
  files(under?: string): string[];
  dispose(): void;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const longAgo = 365 * 24 * hour;

// Flushing to a disk at each of thousands of changes is most of the time of a test; memory needs none.
const temporaryRoot = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function createStoreFixture(): StoreFixture {
  const root = mkdtempSync(join(temporaryRoot, 'gc-'));

  function write(path: string, content: Buffer | string, modified = testNow - longAgo): void {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    utimesSync(target, new Date(modified), new Date(modified));
  }

  function blob(content: Buffer | string): Pushed {
    const digest = digestOf(content);
    write(paths.blobDataPath(digest), content);
    return { digest, size: Buffer.byteLength(content) };
  }

  function layer(repository: string, content: string, age = longAgo): Pushed {
    const pushed = blob(content);
    write(paths.layerLinkPath(repository, pushed.digest), pushed.digest, testNow - age);
    return pushed;
  }

  function tag(repository: string, name: string, digest: string, age = longAgo): void {
    write(paths.tagCurrentLinkPath(repository, name), digest, testNow - age);
    write(paths.tagIndexLinkPath(repository, name, digest), digest);
  }

  function manifest(repository: string, body: Record<string, unknown>, options: PushOptions = {}): Pushed {
    const subject = options.subject && { ...options.subject, mediaType: manifestType };
    const pushed = blob(
      JSON.stringify({ schemaVersion: 2, ...body, ...(subject && { subject }), ...options.extra }),
    );
    write(
      paths.revisionLinkPath(repository, pushed.digest),
      pushed.digest,
      testNow - (options.age ?? longAgo),
    );
    if (options.tag) tag(repository, options.tag, pushed.digest);
    return pushed;
  }

  return {
    root,
    driver: createFilesystemDriver({ rootDirectory: root, blocking: true }),
    write,
    remove: (path) => rmSync(join(root, path), { recursive: true }),
    blob,
    layer,
    manifest,
    tag,
    image(repository, name, layers, options) {
      const config = {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        ...layer(repository, name, options?.age),
      };
      const descriptors = layers.map((content) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...layer(repository, content, options?.age),
      }));
      return manifest(repository, { mediaType: manifestType, config, layers: descriptors }, options);
    },
    index(repository, children, options) {
      const manifests = children.map((child) => ({ mediaType: manifestType, ...child }));
      return manifest(
        repository,
        { mediaType: 'application/vnd.oci.image.index.v1+json', manifests },
        options,
      );
    },
    files: (under = '/') => listFiles(root, under),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

export function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function listFiles(root: string, under: string): string[] {
  return readdirSync(join(root, under), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}
