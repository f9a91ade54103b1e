import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, revisionLinkPath, revisionPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import type { CommitGate } from './commit-gate.ts';
import { type Digest, digestAlgorithm, digestOf } from './digest.ts';
import { type Problem, RegistryError, registryError } from './errors.ts';
import { type Leases, linkOf } from './leases.ts';
import { absentAsUndefined, readLink } from './links.ts';
import {
  ManifestFormatError,
  type ParsedManifest,
  type Reference,
  parseManifest,
} from './manifest-format.ts';
import type { Reference as ManifestReference } from './reference.ts';
import { storedMediaType } from './stored-manifest.ts';
import type { Tags } from './tags.ts';

interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
}

interface ManifestPut {
  readonly repository: string;
  readonly reference: ManifestReference;
  /** Further tags to set (OCI distribution specification, "Pushing manifests", tag parameters). */
  readonly tags?: readonly string[];
  /** The Content-Type of the request. */
  readonly mediaType?: string;
  readonly content: Buffer;
  readonly signal?: AbortSignal;
}

export interface Manifests {
  /**
   * @param options.renewLease the answer may make a client reuse the manifest instead of pushing it
   * @throws RegistryError MANIFEST_UNKNOWN
   */
  get(
    repository: string,
    reference: ManifestReference,
    options?: { renewLease?: boolean; signal?: AbortSignal },
  ): Promise<StoredManifest>;
  /** @throws RegistryError MANIFEST_INVALID, DIGEST_INVALID, or one MANIFEST_BLOB_UNKNOWN for each missing reference */
  put(request: ManifestPut): Promise<{ digest: Digest; subject?: Digest }>;
  /** By tag removes that tag alone; by digest the revision and the tags on it. @throws RegistryError MANIFEST_UNKNOWN */
  delete(repository: string, reference: ManifestReference, signal?: AbortSignal): Promise<void>;
}

export function createManifests(options: {
  driver: StorageDriver;
  gate: CommitGate;
  leases: Leases;
  tags: Tags;
}): Manifests {
  const { driver, gate, leases, tags } = options;

  async function get(
    repository: string,
    reference: ManifestReference,
    { renewLease = false, signal }: { renewLease?: boolean; signal?: AbortSignal } = {},
  ): Promise<StoredManifest> {
    const digest = reference.digest ?? (await tags.resolve(repository, reference.tag));
    const unknown = unknownManifest(reference);
    if (!digest) throw unknown;
    const path = revisionLinkPath(repository, digest);
    const link = await absentAsUndefined(driver.stat(path));
    if (!link || !(await readLink(driver, path))) throw unknown;
    const tagged = reference.tag !== undefined;
    if (renewLease && !(await leases.renewIfOld(path, link.modified, { tagged, signal }))) throw unknown;
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    if (!content || content.length === 0) throw unknown;
    return { digest, mediaType: storedMediaType(content), content };
  }

  async function put(request: ManifestPut): Promise<{ digest: Digest; subject?: Digest }> {
    const { repository, reference, content, signal } = request;
    const manifest = parseChecked(content, request.mediaType);
    const algorithm = reference.digest ? digestAlgorithm(reference.digest) : 'sha256';
    const digest = digestOf(content, algorithm);
    if (reference.digest && reference.digest !== digest) {
      throw registryError('DIGEST_INVALID', { digest: reference.digest, content: digest });
    }
    await gate.run(() => commit(request, manifest, digest), signal);
    return { digest, subject: manifest.subject };

    async function commit(request: ManifestPut, manifest: ParsedManifest, digest: Digest): Promise<void> {
      await requireReferences(repository, manifest.references);
      const link = revisionLinkPath(repository, digest);
      const existed = (await readLink(driver, link)) !== undefined;
      await putRevision(repository, digest, content);
      try {
        // What a sweep took between the check and the link would otherwise be missed by both sides.
        await requireReferences(repository, manifest.references);
      } catch (error) {
        if (!existed) await driver.delete(revisionPath(repository, digest));
        throw error;
      }
      await putData(digest, content);
      const names = [...(reference.tag === undefined ? [] : [reference.tag]), ...(request.tags ?? [])];
      for (const tag of names) await tags.set(repository, tag, digest);
      // A deletion that did not see the tags yet may have taken the revision from below them.
      if ((await readLink(driver, link)) === undefined) await putRevision(repository, digest, content);
    }
  }

  async function putRevision(repository: string, digest: Digest, content: Buffer): Promise<void> {
    await putData(digest, content);
    await driver.putContent(revisionLinkPath(repository, digest), digest);
    await leases.recordCommit(repository, digest);
  }

  async function putData(digest: Digest, content: Buffer): Promise<void> {
    if ((await blobSize(driver, digest)) === content.length) return;
    await driver.putContent(blobDataPath(digest), content);
  }

  async function requireReferences(repository: string, references: readonly Reference[]): Promise<void> {
    const distinct = withoutRepetitions(references);
    const found = await Promise.all(distinct.map((reference) => isPresent(repository, reference)));
    const [first, ...rest] = distinct
      .filter((_, index) => !found[index])
      .map(({ digest }): Problem => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest } }));
    if (first) throw new RegistryError([first, ...rest]);
  }

  async function isPresent(repository: string, reference: Reference): Promise<boolean> {
    const linked = await readLink(driver, linkOf(repository, reference));
    if (linked === undefined) return reference.foreign;
    return (await blobSize(driver, linked)) !== undefined;
  }

  async function remove(
    repository: string,
    reference: ManifestReference,
    signal?: AbortSignal,
  ): Promise<void> {
    await gate.run(
      () =>
        reference.digest
          ? removeRevision(repository, reference.digest)
          : removeTag(repository, reference.tag),
      signal,
    );
  }

  async function removeTag(repository: string, tag: string): Promise<void> {
    const known = await tags.resolve(repository, tag);
    if (!known || !(await tags.remove(repository, tag))) throw unknownManifest({ tag });
  }

  async function removeRevision(repository: string, digest: Digest): Promise<void> {
    const link = await readLink(driver, revisionLinkPath(repository, digest));
    if (!link) throw unknownManifest({ digest });
    await leases.end(repository, digest, readParsed);
    await removeTags(repository, digest);
    await driver.delete(revisionPath(repository, digest));
    // Those of a push that ended meanwhile.
    await removeTags(repository, digest);
  }

  async function removeTags(repository: string, digest: Digest): Promise<void> {
    for (const tag of await tags.pointingAt(repository, digest)) await tags.remove(repository, tag);
  }

  async function readParsed(digest: Digest): Promise<ParsedManifest | undefined> {
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    try {
      return content && parseManifest(content);
    } catch (error) {
      if (error instanceof ManifestFormatError) return undefined;
      throw error;
    }
  }

  return { get, put, delete: remove };
}

function parseChecked(content: Buffer, contentType: string | undefined): ParsedManifest {
  try {
    const manifest = parseManifest(content);
    const announced = contentType?.split(';')[0]?.trim();
    if (announced && announced !== manifest.mediaType && announced !== 'application/json') {
      throw new ManifestFormatError(
        `Content-Type is ${announced}, but the manifest is ${manifest.mediaType}`,
      );
    }
    return manifest;
  } catch (error) {
    if (error instanceof ManifestFormatError) throw registryError('MANIFEST_INVALID', error.message);
    throw error;
  }
}

/** A manifest may name one layer tens of thousands of times, but a commit section must not look as often. */
function withoutRepetitions(references: readonly Reference[]): Reference[] {
  const distinct = new Map(
    references.map((reference) => [`${reference.kind} ${reference.digest} ${reference.foreign}`, reference]),
  );
  return [...distinct.values()];
}

function unknownManifest(reference: ManifestReference): Error {
  return registryError(
    'MANIFEST_UNKNOWN',
    reference.digest ? { digest: reference.digest } : { tag: reference.tag },
  );
}
