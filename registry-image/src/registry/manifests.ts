import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, revisionLinkPath, revisionPath } from '../storage/paths.ts';
import { blobSize } from './blobs.ts';
import { type CommitGate, isWriteRefusal } from './commit-gate.ts';
import { beginDeletion, endDeletion } from './deletions.ts';
import type { Digest } from './digest.ts';
import type { DoomedDirectory } from './doomed-directories.ts';
import { RegistryError, registryError } from './errors.ts';
import type { Addition } from './journal.ts';
import type { Leases } from './leases.ts';
import { absentAsUndefined, readLink } from './links.ts';
import type { ManifestContents } from './manifest-contents.ts';
import type { ReferenceCheck } from './manifest-references.ts';
import type { ManifestRules } from './manifest-rules.ts';
import type { ReadManifest } from './parsed-manifests.ts';
import { type PushedBody, type PushedManifest, readPushed } from './pushed-manifest.ts';
import type { Reference as ManifestReference } from './reference.ts';
import { emptyLayerDigest, storeEmptyLayer } from './schema1/empty-layer.ts';
import { createSharedRuns } from './shared-runs.ts';
import type { Tags } from './tags.ts';
import type { TrashRescue } from './trash-rescue.ts';

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
}

interface ManifestPut extends PushedBody {
  /** Further tags to set (OCI distribution specification, "Pushing manifests", tag parameters). */
  readonly tags?: readonly string[];
  readonly signal?: AbortSignal;
}

interface Wanted {
  readonly repository: string;
  readonly reference: ManifestReference;
  readonly digest: Digest;
}

interface GetOptions {
  readonly renewLease?: boolean;
  readonly signal?: AbortSignal;
}

export interface Manifests {
  /**
   * @param options.renewLease the answer may make a client reuse the manifest instead of pushing it
   * @throws RegistryError MANIFEST_UNKNOWN
   */
  get(repository: string, reference: ManifestReference, options?: GetOptions): Promise<StoredManifest>;
  /**
   * @throws RegistryError MANIFEST_INVALID, MANIFEST_UNVERIFIED, DENIED, DIGEST_INVALID, or one MANIFEST_BLOB_UNKNOWN
   * for each missing reference
   */
  put(request: ManifestPut): Promise<{ digest: Digest; subject?: Digest }>;
  /** By tag removes that tag alone; by digest the revision and the tags on it. @throws RegistryError MANIFEST_UNKNOWN */
  delete(repository: string, reference: ManifestReference, signal?: AbortSignal): Promise<void>;
}

/** @param options.acceptsSchema1 `compatibility.schema1.enabled` */
export function createManifests(options: {
  driver: StorageDriver;
  gate: CommitGate;
  leases: Leases;
  tags: Tags;
  contents: ManifestContents;
  rules: ManifestRules;
  references: ReferenceCheck;
  rescue: TrashRescue;
  readManifest: ReadManifest;
  acceptsSchema1: boolean;
}): Manifests {
  const { driver, gate, leases, tags, contents, rules, references, rescue, readManifest } = options;

  /** Clients that pull the same image at the same time are answered together. */
  const lookUps = createSharedRuns<StoredManifest>();

  function get(
    repository: string,
    reference: ManifestReference,
    getOptions: GetOptions = {},
  ): Promise<StoredManifest> {
    if (getOptions.renewLease) return lookUp(repository, reference, getOptions);
    const name = `${repository} ${reference.digest ?? reference.tag}`;
    return lookUps.run(name, () => lookUp(repository, reference));
  }

  async function lookUp(
    repository: string,
    reference: ManifestReference,
    lookOptions: GetOptions = {},
  ): Promise<StoredManifest> {
    const digest = reference.digest ?? (await tags.resolve(repository, reference.tag));
    if (!digest) throw unknownManifest(reference);
    const { renewLease = false, signal } = lookOptions;
    const wanted = { repository, reference, digest };
    // What a tag names is kept whole by the second mark.
    if (renewLease && reference.tag === undefined && (await rescue.hasTrash()))
      await secureForPush(wanted, signal);
    try {
      return await lookAt(driver, wanted, lookOptions);
    } catch (error) {
      if (!isUnknown(error)) throw error;
      const link = revisionLinkPath(repository, digest);
      if ((await readLink(rescue.reading, link)) === undefined) throw error;
      if (renewLease) await secureForPush(wanted, signal);
      return lookAt(rescue.reading, wanted, lookOptions);
    }
  }

  /** What a HEAD promises is in the store, with all below it, or it is not promised. In a window that lasts too long it does without. */
  async function secureForPush(
    { repository, reference, digest }: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const section = (): Promise<boolean> => references.secureManifest(repository, digest);
    const adds: Addition[] = [{ kind: 'manifest', repository, digest }];
    const isWhole = await gate.run(section, { signal, adds }).catch((error: unknown) => {
      if (isWriteRefusal(error)) return true;
      throw error;
    });
    if (!isWhole) throw unknownManifest(reference);
  }

  async function lookAt(
    driver: StorageDriver,
    { repository, reference, digest }: Wanted,
    { renewLease = false, signal }: GetOptions,
  ): Promise<StoredManifest> {
    const path = revisionLinkPath(repository, digest);
    const link = await absentAsUndefined(driver.stat(path));
    // A link of another length is empty after a crash of another server, or was written by hand with a line's end.
    if (!link || (link.size !== digest.length && !(await readLink(driver, path))))
      throw unknownManifest(reference);
    const tagged = reference.tag !== undefined;
    const held: Addition = { kind: 'manifest', repository, digest };
    if (renewLease && !(await leases.renewIfOld(held, link.modified, { tagged, signal })))
      throw unknownManifest(reference);
    const found = await contents.read(digest, { look: renewLease });
    if (!found) throw unknownManifest(reference);
    return { digest, mediaType: found.form.mediaType, content: found.content };
  }

  async function put(request: ManifestPut): Promise<{ digest: Digest; subject?: Digest }> {
    const pushed = readPushed(request, options.acceptsSchema1);
    rules.check(pushed.manifest);
    // Once before the section, so that no section is held up by what is missing. The empty layer is brought by it.
    const brought = pushed.manifest.references.filter(({ digest }) => digest !== emptyLayerDigest);
    await references.require(request.repository, brought);
    const { repository, signal } = request;
    await gate.run(() => commit(request, pushed), {
      signal,
      adds: [{ kind: 'manifest', repository, digest: pushed.digest }],
    });
    return { digest: pushed.digest, subject: pushed.manifest.subject };
  }

  async function commit(
    { repository, reference, tags: further = [] }: ManifestPut,
    { digest, content, manifest }: PushedManifest,
  ): Promise<void> {
    if (manifest.references.some((layer) => layer.digest === emptyLayerDigest)) {
      await storeEmptyLayer(driver, repository);
    }
    await putData(digest, content);
    // Before the link, too: whoever saw a manifest that is withdrawn again would rely on it.
    await references.secure(repository, manifest.references);
    const link = revisionLinkPath(repository, digest);
    const existed = (await readLink(driver, link)) !== undefined;
    await putRevision(repository, digest, content);
    try {
      // What a sweep took between the check and the link would otherwise be missed by both sides.
      await references.secure(repository, manifest.references);
    } catch (error) {
      if (!existed) await driver.delete(revisionPath(repository, digest));
      throw error;
    }
    await putData(digest, content);
    for (const tag of [...(reference.tag === undefined ? [] : [reference.tag]), ...further]) {
      await tags.set(repository, tag, digest);
    }
    // A deletion that did not see the tags yet may have taken the revision from below them.
    if ((await readLink(driver, link)) === undefined) await putRevision(repository, digest, content);
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

  async function remove(
    repository: string,
    reference: ManifestReference,
    signal?: AbortSignal,
  ): Promise<void> {
    if (reference.digest) return removeRevision(repository, reference.digest, signal);
    await gate.run(() => removeTag(repository, reference.tag), { signal });
  }

  async function removeTag(repository: string, tag: string): Promise<void> {
    const known = await tags.resolve(repository, tag);
    if (!known || !(await tags.remove(repository, tag))) throw unknownManifest({ tag });
  }

  /** All tags are looked at outside of its sections: that takes long where there are many. */
  async function removeRevision(repository: string, digest: Digest, signal?: AbortSignal): Promise<void> {
    const requireIt = async (): Promise<void> => {
      if ((await readLink(driver, revisionLinkPath(repository, digest))) === undefined)
        throw unknownManifest({ digest });
    };
    await requireIt();
    const known = await tags.pointingAt(repository, digest);
    const section = async (): Promise<DoomedDirectory> => {
      await requireIt();
      await leases.end(repository, digest, readManifest);
      for (const tag of known) await tags.removeFrom(repository, tag, digest);
      return beginDeletion(driver, { repository, digest });
    };
    await endDeletion({ driver, gate, tags }, await gate.run(section, { signal }), signal);
  }

  return { get, put, delete: remove };
}

function isUnknown(error: unknown): boolean {
  return error instanceof RegistryError && error.problems[0].code === 'MANIFEST_UNKNOWN';
}

function unknownManifest(reference: ManifestReference): Error {
  return registryError(
    'MANIFEST_UNKNOWN',
    reference.digest ? { digest: reference.digest } : { tag: reference.tag },
  );
}
