import { type Digest, parseDigest } from '../registry/digest.ts';
import { type Fields, isFields, mediaTypes } from '../registry/manifest-format.ts';

/** Something that a manifest says is in its repository. */
export interface ManifestReference {
  readonly kind: 'blob' | 'manifest';
  readonly digest: Digest;
}

/** One of these, or a media type, tells a manifest from other JSON. */
const contents = ['config', 'layers', 'blobs', 'manifests', 'fsLayers'];
const knownTypes: ReadonlySet<unknown> = new Set(Object.values(mediaTypes));

/**
 * What a stored manifest needs in its repository; undefined when the bytes are no manifest of a known form. As lenient as
 * the readers of other servers' volumes must be. The subject need not exist, and foreign layers and what has URLs lie
 * elsewhere by design.
 */
export function manifestReferences(content: Buffer): ManifestReference[] | undefined {
  const fields = parseObject(content);
  if (!fields) return undefined;
  if (!knownTypes.has(fields['mediaType']) && !contents.some((name) => name in fields)) return undefined;
  const found = [
    ...descriptors(isFields(fields['config']) ? [fields['config']] : [], 'blob'),
    ...descriptors(fields['layers'], 'blob'),
    ...descriptors(fields['blobs'], 'blob'),
    ...descriptors(fields['manifests'], 'manifest'),
    ...schema1Layers(fields['fsLayers']),
  ];
  if (found.some((reference) => reference === undefined)) return undefined;
  const distinct = new Map(found.flatMap((one) => (one && one !== 'foreign' ? [[one.digest, one]] : [])));
  return [...distinct.values()];
}

type Found = ManifestReference | 'foreign' | undefined;

function descriptors(value: unknown, kind: ManifestReference['kind']): Found[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown): Found => {
    const digest = isFields(item) ? digestIn(item['digest']) : undefined;
    if (!isFields(item) || !digest) return undefined;
    const { mediaType, urls } = item;
    if (Array.isArray(urls) && urls.length > 0) return 'foreign';
    if (typeof mediaType === 'string' && /\.(foreign|nondistributable)\./.test(mediaType)) return 'foreign';
    return { kind, digest };
  });
}

function schema1Layers(value: unknown): Found[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown): Found => {
    const digest = isFields(item) ? digestIn(item['blobSum']) : undefined;
    return digest && { kind: 'blob', digest };
  });
}

function digestIn(value: unknown): Digest | undefined {
  return typeof value === 'string' ? parseDigest(value) : undefined;
}

function parseObject(content: Buffer): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(content.toString('utf8'));
    return isFields(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
