import { type Digest, parseDigest } from '../registry/digest.ts';

/** Something that a manifest says is in its repository. */
export interface ManifestReference {
  readonly kind: 'blob' | 'manifest';
  readonly digest: Digest;
  /** Bytes, when the manifest says so (Docker schema 1 does not). */
  readonly size: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a stored manifest needs in its repository; undefined when the bytes are no manifest of a known form. As lenient as
 * the readers of other servers' volumes must be. The subject need not exist, and foreign layers lie elsewhere by design.
 */
export function manifestReferences(content: Buffer): ManifestReference[] | undefined {
  const fields = parseObject(content);
  if (!fields) return undefined;
  const lists = ['layers', 'blobs', 'manifests', 'fsLayers'].filter((name) => Array.isArray(fields[name]));
  if (lists.length === 0 && !isFields(fields['config'])) return undefined;
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
    const { size, mediaType } = item;
    if (typeof mediaType === 'string' && /\.(foreign|nondistributable)\./.test(mediaType)) return 'foreign';
    return { kind, digest, size: typeof size === 'number' ? size : undefined };
  });
}

function schema1Layers(value: unknown): Found[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown): Found => {
    const digest = isFields(item) ? digestIn(item['blobSum']) : undefined;
    return digest && { kind: 'blob', digest, size: undefined };
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

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
