import { digestAlgorithm, digestOf, parseDigest } from '../registry/digest.ts';
import { blobDataPath } from '../storage/paths.ts';
import { type BoundedReader, forEachFile } from './bounded-reader.ts';
import { unreadableReason } from './content-error.ts';
import type { References } from './content.ts';
import { parseReferences } from './references.ts';

/** Bytes above which nothing is taken for a manifest (the registry accepts 4 MiB). */
const maximumSize = 16 * 1024 * 1024;

export interface ManifestRequest {
  /** Digests that must be manifests: revisions and what tags name. */
  readonly expected: Iterable<string> & { has(digest: string): boolean };
  /** Copies in the trash, read when the store has none. */
  readonly trashed: {
    get(digest: string): string | undefined;
    /** Those that the store did not have when its blobs were listed: looked at first. */
    alone?(digest: string): string | undefined;
  };
}

/** Bytes of a manifest that is read together with others; most are much smaller. */
const usualSize = 64 * 1024;

/**
 * Reads the expected manifests and, over all levels, the children of indexes. A child that is no revision may as well
 * be a layer (build caches list them so): when it is whole and no manifest it counts as one, not as damaged.
 * @param manifests gets every manifest that exists; `damaged` when it cannot be read as one
 */
export async function readManifests(
  reader: BoundedReader,
  { expected, trashed }: ManifestRequest,
  manifests: { set(digest: string, manifest: References | 'damaged'): void },
): Promise<void> {
  const seen = new Set<string>();
  let level: Iterable<string> = expected;
  for (let more = true; more;) {
    const children: string[] = [];
    const take = (digest: string, copy: Copy): void => {
      if (copy === undefined || (copy === 'other' && !expected.has(digest))) return;
      const manifest = copy === 'other' ? 'damaged' : copy;
      manifests.set(digest, manifest);
      if (manifest !== 'damaged') children.push(...manifest.manifests);
    };
    await forEachFile(reader, level, {
      contentUpTo: usualSize,
      pathOf: (digest) => trashed.alone?.(digest) ?? blobDataPath(digest),
      tell(digest, file) {
        const copy = file?.content && copyIn(file.content, digest);
        if (copy === undefined || copy === 'damaged') return false;
        take(digest, copy);
        return true;
      },
      ask: async (digest) => take(digest, await readManifest(reader, digest, trashed.get(digest))),
    });
    const next = children.filter((digest) => !expected.has(digest) && !seen.has(digest) && seen.add(digest));
    more = next.length > 0;
    level = next;
  }
}

/** `other`: whole, as far as that can be told, and no manifest. */
type Copy = References | 'damaged' | 'other' | undefined;

async function readManifest(
  reader: BoundedReader,
  digest: string,
  trashed: string | undefined,
): Promise<Copy> {
  const stored = await readCopy(reader, digest, blobDataPath(digest));
  if (trashed === undefined || (stored && stored !== 'damaged')) return stored;
  return (await readCopy(reader, digest, trashed)) ?? stored;
}

async function readCopy(reader: BoundedReader, digest: string, path: string): Promise<Copy> {
  try {
    const entry = await reader.stat(path);
    if (!entry) return undefined;
    if (entry.isDirectory) return 'damaged';
    if (entry.size > maximumSize) return 'other';
    const content = await reader.content(path);
    if (!content) return undefined;
    return copyIn(content, digest);
  } catch (error) {
    if (unreadableReason(error) === undefined) throw error;
    return 'damaged';
  }
}

function copyIn(content: Buffer, digest: string): References | 'damaged' | 'other' {
  return matches(content, digest) ? (parseReferences(content) ?? 'other') : 'damaged';
}

function matches(content: Buffer, digest: string): boolean {
  const parsed = parseDigest(digest);
  return parsed !== undefined && digestOf(content, digestAlgorithm(parsed)) === parsed;
}
