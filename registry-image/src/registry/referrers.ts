import type { StorageDriver } from '../storage/driver.ts';
import { revisionLinkPath } from '../storage/paths.ts';
import type { Digest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import type { ManifestContents } from './manifest-contents.ts';
import { isFields, mediaTypes } from './manifest-format.ts';
import { storedFields, storedForm } from './stored-manifest.ts';
import type { SubjectIndex } from './subject-index.ts';

/** Bytes of JSON after which an answer ends: an index is a manifest, and may be no longer than one. */
const pageSize = 4 * 1024 * 1024;
/** Referrers that are looked at together. */
const readBatch = 16;

interface Referrer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ReferrersPage {
  readonly items: readonly Referrer[];
  /** True when there are others after the last of these. */
  readonly more: boolean;
}

/** Which manifests of a repository are about another one (OCI distribution specification, "Listing Referrers"). */
export interface Referrers {
  /** In the order of their digests, those after `last` and of `artifactType`, when these are given. */
  list(
    repository: string,
    subject: Digest,
    options?: { last?: string; artifactType?: string },
  ): Promise<ReferrersPage>;
  /**
   * The index that a client without the referrers API reads by its tag ("Referrers Tag Schema"): what is stored there,
   * if anything, and the referrers that it lacks. Nobody but this answer knows of it: it is in no list of tags, keeps
   * nothing alive, and has no manifest of its digest. Undefined when what is stored (or nothing) is all there is.
   */
  taggedIndex(repository: string, tag: string, stored: Buffer | undefined): Promise<Buffer | undefined>;
}

export function createReferrers(options: {
  driver: StorageDriver;
  contents: ManifestContents;
  subjects: SubjectIndex;
}): Referrers {
  const { driver, contents, subjects } = options;

  async function list(
    repository: string,
    subject: Digest,
    { last = '', artifactType }: { last?: string; artifactType?: string } = {},
  ): Promise<ReferrersPage> {
    const all = (await subjects.of(repository)).get(subject) ?? [];
    return pageOf(
      repository,
      all.filter((digest) => digest > last),
      artifactType,
    );
  }

  async function pageOf(
    repository: string,
    digests: readonly Digest[],
    artifactType?: string,
  ): Promise<ReferrersPage> {
    const items: Referrer[] = [];
    let size = 0;
    for (let index = 0; index < digests.length; index += readBatch) {
      const batch = digests.slice(index, index + readBatch);
      for (const referrer of await Promise.all(batch.map((digest) => describe(repository, digest)))) {
        if (!referrer || (artifactType !== undefined && referrer.artifactType !== artifactType)) continue;
        size += Buffer.byteLength(JSON.stringify(referrer)) + 1;
        if (items.length > 0 && size > pageSize) return { items, more: true };
        items.push(referrer);
      }
    }
    return { items, more: false };
  }

  async function describe(repository: string, digest: Digest): Promise<Referrer | undefined> {
    if (!(await absentAsUndefined(driver.stat(revisionLinkPath(repository, digest))))) return undefined;
    const found = await contents.read(digest);
    if (!found) return undefined;
    const { mediaType, artifactType, annotations } = found.form;
    return { mediaType, digest, size: found.content.length, artifactType, annotations };
  }

  async function taggedIndex(
    repository: string,
    tag: string,
    stored: Buffer | undefined,
  ): Promise<Buffer | undefined> {
    const prefix = subjectPrefix(tag);
    if (prefix === undefined) return undefined;
    const before = stored ? indexFields(stored) : { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
    // Somebody uses the name for something else.
    if (!before) return undefined;
    const listed = Array.isArray(before['manifests']) ? (before['manifests'] as unknown[]) : [];
    const named = new Set(listed.map((item) => (isFields(item) ? item['digest'] : undefined)));
    const found = [...(await subjects.of(repository))].filter(([subject]) => subject.startsWith(prefix));
    const missing = found.flatMap(([, digests]) => digests).filter((digest) => !named.has(digest));
    const { items } = await pageOf(repository, missing);
    if (items.length === 0) return undefined;
    return Buffer.from(JSON.stringify({ ...before, manifests: [...listed, ...items] }));
  }

  return { list, taggedIndex };
}

/** How the digests begin that a tag of the referrers tag schema is for: it holds at most 64 characters of them. */
function subjectPrefix(tag: string): string | undefined {
  const [, algorithm, hex] = /^(sha256|sha512)-([0-9a-f]{64})$/.exec(tag) ?? [];
  return algorithm && `${algorithm}:${hex}`;
}

function indexFields(content: Buffer): Readonly<Record<string, unknown>> | undefined {
  return storedForm(content).mediaType === mediaTypes.ociIndex ? storedFields(content) : undefined;
}
