import { createCipheriv, createHash } from 'node:crypto';

/** A manifest that was answered 201. */
export interface KnownManifest {
  readonly content: Buffer;
  readonly mediaType: string;
}

/** What must be in a repository: what was answered 201 and not deleted. What nobody can know is in neither list. */
export interface KnownRepository {
  readonly name: string;
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, KnownManifest>;
  readonly tags: Map<string, string>;
}

/** An upload that was begun and whose size is known. */
export interface KnownUpload {
  readonly repository: KnownRepository;
  /** Path and query, as the last Location had it. */
  location: string;
  content: Buffer;
}

/** The state of one sequence of requests, which has its repositories to itself. */
export interface Model {
  readonly repositories: readonly [KnownRepository, KnownRepository];
  readonly uploads: KnownUpload[];
  /**
   * Goes on with other repositories: a request that was cut off may be served after the next ones, so of the repositories that it may
   * be about nothing can be known any more.
   */
  moveOn(): void;
}

export function createModel(name: string): Model {
  let round = 0;
  let repositories = repositoriesOf(name);
  return {
    get repositories() {
      return repositories;
    },
    uploads: [],
    moveOn() {
      repositories = repositoriesOf(`${name}/r${++round}`);
    },
  };
}

function repositoriesOf(name: string): [KnownRepository, KnownRepository] {
  return [createRepository(`${name}/a`), createRepository(`${name}/b`)];
}

function createRepository(name: string): KnownRepository {
  return { name, blobs: new Map(), manifests: new Map(), tags: new Map() };
}

/** The item that a number stands for, the same for the same number and list. */
export function pick<T>(items: readonly T[], number: number): T | undefined {
  return items[number % Math.max(1, items.length)];
}

export function forget(model: Model, upload: KnownUpload): void {
  const place = model.uploads.indexOf(upload);
  if (place >= 0) model.uploads.splice(place, 1);
}

/** After it may be gone, or have another content: nothing is known of it any more. */
export function forgetManifest(repository: KnownRepository, digest: string): void {
  repository.manifests.delete(digest);
  for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag);
}

export type Algorithm = 'sha256' | 'sha512';

export function digestOf(content: Buffer, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}

/** Bytes that are the same for the same seed. */
export function contentOf({ seed, size }: { seed: number; size: number }): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed >>> 0);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
