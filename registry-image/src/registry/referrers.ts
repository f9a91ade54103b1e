import type { StorageDriver } from '../storage/driver.ts';
import { blobDataPath, revisionsPath } from '../storage/paths.ts';
import { type Digest, parseDigest } from './digest.ts';
import { absentAsUndefined } from './links.ts';
import { ManifestFormatError, type ParsedManifest, parseManifest } from './manifest-format.ts';

/** Manifests whose parsed form is kept; a digest never changes its meaning. */
const cacheLimit = 4096;
/** Bytes above which a manifest is read again each time: its annotations may fill it. */
const cachedSize = 16 * 1024;
/** Bytes of JSON after which an answer ends: an index is a manifest, and may be no longer than one. */
const pageSize = 4 * 1024 * 1024;

interface Referrer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

type Subject = { subject: Digest; referrer: Referrer };

export interface ReferrersPage {
  readonly items: Referrer[];
  /** True when there may be others after the last of these. */
  readonly more: boolean;
}

/** Which manifests of a repository are about another one (OCI distribution specification, "Listing Referrers"). */
export interface Referrers {
  /** In the order of their digests, those after `last`. */
  list(repository: string, subject: Digest, last?: string): Promise<ReferrersPage>;
}

export function createReferrers(options: { driver: StorageDriver }): Referrers {
  const { driver } = options;
  const cache = new Map<Digest, Subject | undefined>();

  async function list(repository: string, subject: Digest, last = ''): Promise<ReferrersPage> {
    const items: Referrer[] = [];
    let size = 0;
    for (const algorithm of await childrenOf(revisionsPath(repository))) {
      for (const hex of await childrenOf(`${revisionsPath(repository)}/${algorithm}`)) {
        const digest = parseDigest(`${algorithm}:${hex}`);
        if (
          !digest ||
          digest <= last ||
          !(await absentAsUndefined(driver.stat(`${revisionsPath(repository)}/${algorithm}/${hex}/link`)))
        ) {
          continue;
        }
        const known = await read(digest);
        if (known?.subject !== subject) continue;
        size += JSON.stringify(known.referrer).length;
        if (items.length > 0 && size > pageSize) return { items, more: true };
        items.push(known.referrer);
      }
    }
    return { items, more: false };
  }

  async function childrenOf(path: string): Promise<string[]> {
    const entries = (await absentAsUndefined(driver.list(path))) ?? [];
    return entries.map((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1));
  }

  async function read(digest: Digest): Promise<Subject | undefined> {
    if (cache.has(digest)) return cache.get(digest);
    const content = await absentAsUndefined(driver.getContent(blobDataPath(digest)));
    if (!content) return undefined;
    const parsed = parseOrUndefined(content);
    const entry = parsed?.subject && {
      subject: parsed.subject,
      referrer: {
        mediaType: parsed.mediaType,
        digest,
        size: content.length,
        artifactType: parsed.artifactType,
        annotations: parsed.annotations,
      },
    };
    if (entry && content.length > cachedSize) return entry;
    if (cache.size >= cacheLimit) cache.clear();
    cache.set(digest, entry);
    return entry;
  }

  return { list };
}

function parseOrUndefined(content: Buffer): ParsedManifest | undefined {
  try {
    return parseManifest(content);
  } catch (error) {
    if (error instanceof ManifestFormatError) return undefined;
    throw error;
  }
}
