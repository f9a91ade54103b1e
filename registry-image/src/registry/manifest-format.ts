import { type Digest, parseDigest } from './digest.ts';

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
} as const;

/** What a manifest refers to: `blob` in the repository's layers, `manifest` in its revisions. */
export interface Reference {
  readonly kind: 'blob' | 'manifest';
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes, as the descriptor says. */
  readonly size: number;
  /** Lies elsewhere by design (foreign and non-distributable layers), so it need not be in the repository. */
  readonly foreign: boolean;
}

export interface ParsedManifest {
  readonly mediaType: string;
  readonly references: readonly Reference[];
  /** The manifest that this one is about (OCI image specification 1.1, "subject"). */
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The content is no manifest of a kind that this registry knows; the message says why. */
export class ManifestFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ManifestFormatError';
  }
}

type Fields = Record<string, unknown>;

/**
 * Reads a manifest or an index, Docker's or OCI's.
 * @throws ManifestFormatError
 */
export function parseManifest(content: Buffer | string): ParsedManifest {
  const fields = parseFields(content);
  if (fields['schemaVersion'] === 1) {
    throw new ManifestFormatError(
      'manifests of Docker schema 1 are not supported; push the image as schema 2 or OCI',
    );
  }
  if (fields['schemaVersion'] !== 2) throw new ManifestFormatError('schemaVersion must be 2');
  const mediaType = mediaTypeOf(fields);
  const isIndex = mediaType === mediaTypes.dockerList || mediaType === mediaTypes.ociIndex;
  const subject =
    fields['subject'] === undefined ? undefined : descriptor(fields['subject'], 'subject', 'manifest').digest;
  const config = isIndex ? undefined : descriptor(fields['config'], 'config', 'blob');
  const references = isIndex
    ? descriptors(fields['manifests'], 'manifests', 'manifest')
    : [...(config ? [config] : []), ...descriptors(fields['layers'], 'layers', 'blob')];
  const artifactType =
    typeof fields['artifactType'] === 'string' ? fields['artifactType'] : config?.mediaType;
  return { mediaType, references, subject, artifactType, annotations: annotationsOf(fields['annotations']) };
}

function parseFields(content: Buffer | string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.toString());
  } catch {
    throw new ManifestFormatError('the manifest is not valid JSON');
  }
  if (!isFields(parsed)) throw new ManifestFormatError('the manifest is not a JSON object');
  return parsed;
}

function mediaTypeOf(fields: Fields): string {
  const looksLikeIndex = 'manifests' in fields;
  const written = fields['mediaType'] === '' ? undefined : fields['mediaType'];
  const mediaType = written ?? (looksLikeIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  const isIndex = mediaType === mediaTypes.dockerList || mediaType === mediaTypes.ociIndex;
  const isManifest = mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.ociManifest;
  if (!isIndex && !isManifest) {
    throw new ManifestFormatError(`the media type ${JSON.stringify(mediaType)} is not supported`);
  }
  // A document that is a manifest to one reader and an index to another could hide content (CVE-2021-41190).
  if (isIndex ? 'layers' in fields || 'config' in fields : looksLikeIndex) {
    throw new ManifestFormatError(`the fields of the manifest do not belong to its media type ${mediaType}`);
  }
  return mediaType;
}

function descriptors(value: unknown, field: string, kind: Reference['kind']): Reference[] {
  // OCI image specification: "layers" may be empty, but Go's encoders also write null.
  if (value === null || (value === undefined && kind === 'manifest')) return [];
  if (!Array.isArray(value)) throw new ManifestFormatError(`${field} must be a list of descriptors`);
  return value.map((item, index) => descriptor(item, `${field}[${index}]`, kind));
}

function descriptor(value: unknown, field: string, kind: Reference['kind']): Reference {
  if (!isFields(value)) throw new ManifestFormatError(`${field} must be a descriptor`);
  const { digest, mediaType, size } = value;
  const parsed = typeof digest === 'string' ? parseDigest(digest) : undefined;
  if (!parsed) throw new ManifestFormatError(`${field}.digest must be a sha256 or sha512 digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestFormatError(`${field}.size must be a number of bytes`);
  }
  const type = typeof mediaType === 'string' ? mediaType : '';
  return {
    kind,
    digest: parsed,
    mediaType: type,
    size,
    foreign: /\.(foreign|nondistributable)\./.test(type),
  };
}

function annotationsOf(value: unknown): Record<string, string> | undefined {
  if (!isFields(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
