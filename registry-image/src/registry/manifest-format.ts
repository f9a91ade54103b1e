import { isUtf8 } from 'node:buffer';
import { type Digest, digestAlgorithm, digestOf, parseDigest } from './digest.ts';
import { extentOf, membersIn } from './json-text.ts';

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  dockerForeignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const;

/** Objects and lists inside one another; a manifest needs five. Go's readers refuse a document at 10,000. */
const maximumDepth = 64;
/** 4 MiB of the shortest descriptors have 132,000; what has more only costs time to read. */
const maximumParts = 150_000;

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** What a manifest refers to: `blob` in the repository's layers, `manifest` in its revisions. */
export interface Reference {
  readonly kind: 'blob' | 'manifest';
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes, as the descriptor says. */
  readonly size: number;
  /** Lies elsewhere by design (foreign and non-distributable layers), so it need not be in the repository. */
  readonly foreign: boolean;
  /** Where else the content can be had from. */
  readonly urls: readonly string[];
  /** Of a child of an index, when it says so. */
  readonly platform?: Platform;
}

export interface ParsedManifest {
  readonly mediaType: string;
  readonly references: readonly Reference[];
  /** The media type of the config of an image. */
  readonly configType?: string;
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

export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a manifest or an index, Docker's or OCI's, as it is pushed: what two readers could understand differently is
 * refused. Schema 1 is read in schema1/.
 * @throws ManifestFormatError
 */
export function parseManifest(content: Buffer): ParsedManifest {
  return manifestOf(parseDocument(content));
}

/** Reads the fields of a manifest or an index. @throws ManifestFormatError */
export function manifestOf(fields: Fields): ParsedManifest {
  const mediaType = mediaTypeOf(fields);
  if (fields['schemaVersion'] !== 2) throw new ManifestFormatError('schemaVersion must be 2');
  const isIndex = isIndexType(mediaType);
  const { subject, config } = fields;
  const image = isIndex ? undefined : descriptor(config, 'config', 'blob');
  const references = image
    ? [image, ...descriptors(fields['layers'], 'layers', 'blob')]
    : descriptors(fields['manifests'], 'manifests', 'manifest');
  return {
    mediaType,
    references,
    configType: image?.mediaType,
    subject: isAbsent(subject) ? undefined : descriptor(subject, 'subject', 'manifest').digest,
    artifactType: artifactTypeOf(fields, mediaType),
    annotations: annotationsOf(fields['annotations']),
  };
}

/** The fields of a manifest. @throws ManifestFormatError when it is no JSON object, or an ambiguous one */
export function parseDocument(content: Buffer): Fields {
  // RFC 8259, 8.1: "JSON text exchanged between systems […] MUST be encoded using UTF-8".
  if (!isUtf8(content)) throw new ManifestFormatError('the manifest is not valid JSON: it is not UTF-8');
  const { depth, parts, members } = extentOf(content);
  // Before it is parsed: 4 MiB of brackets would keep the thread that serves everybody busy.
  if (depth > maximumDepth) {
    throw new ManifestFormatError(`the manifest is nested more than ${maximumDepth} levels deep`);
  }
  if (parts > maximumParts) throw new ManifestFormatError(`the manifest has more than ${maximumParts} parts`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.toString());
  } catch {
    throw new ManifestFormatError('the manifest is not valid JSON');
  }
  if (!isFields(parsed)) throw new ManifestFormatError('the manifest is not a JSON object');
  // RFC 8259, 4: "The names within an object SHOULD be unique", else "the behavior of software […] is unpredictable".
  if (membersIn(parsed) !== members) {
    throw new ManifestFormatError('the manifest is ambiguous: a name occurs twice in one object');
  }
  requireSpelling(parsed, documentFields);
  return parsed;
}

/** Fields by their names as Go's readers compare them: in any case, and ſ is an s to them. */
const documentFields = foldedNames(
  ['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'manifests', 'subject', 'annotations'],
  // Of schema 1.
  ['name', 'tag', 'architecture', 'fsLayers', 'history', 'signatures'],
);
const descriptorFields = foldedNames(['mediaType', 'digest', 'size', 'urls', 'data', 'platform']);
const longestField = 16;

function foldedNames(...names: string[][]): ReadonlyMap<string, string> {
  return new Map(names.flat().map((name) => [fold(name), name]));
}

function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** A field that some readers take for a known one and others do not know could hide content. */
function requireSpelling(fields: Fields, known: ReadonlyMap<string, string>): void {
  for (const name of Object.keys(fields)) {
    const meant = name.length > longestField ? name : (known.get(fold(name)) ?? name);
    if (name === meant) continue;
    throw new ManifestFormatError(
      `the manifest is ambiguous: the field ${JSON.stringify(name)} must be written ${meant}`,
    );
  }
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerList || mediaType === mediaTypes.ociIndex;
}

/**
 * The artifact type by which a manifest is listed among the referrers: "If the artifactType is empty or missing in the
 * image manifest, the value of artifactType MUST be set to the config descriptor mediaType value. If the artifactType
 * is empty or missing in an index, the artifactType MUST be omitted."
 */
export function artifactTypeOf(fields: Fields, mediaType: string): string | undefined {
  const { artifactType, config } = fields;
  if (typeof artifactType === 'string' && artifactType !== '') return artifactType;
  if (isIndexType(mediaType) || !isFields(config)) return undefined;
  return typeof config['mediaType'] === 'string' ? config['mediaType'] : undefined;
}

export function annotationsOf(value: unknown): Record<string, string> | undefined {
  if (!isFields(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mediaTypeOf(fields: Fields): string {
  const looksLikeIndex = 'manifests' in fields;
  const written = fields['mediaType'] === '' ? undefined : fields['mediaType'];
  const mediaType = written ?? (looksLikeIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  if (mediaType === mediaTypes.ociArtifact) {
    throw new ManifestFormatError(
      `the media type ${mediaType} was taken out of the OCI specification; push the artifact as ${mediaTypes.ociManifest} with an artifactType`,
    );
  }
  const isManifest = mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.ociManifest;
  if (typeof mediaType !== 'string' || !(isManifest || isIndexType(mediaType))) {
    throw new ManifestFormatError(
      `the media type ${JSON.stringify(mediaType)?.slice(0, 128)} is not supported`,
    );
  }
  // A document that is a manifest to one reader and an index to another could hide content (CVE-2021-41190).
  if (isIndexType(mediaType) ? 'layers' in fields || 'config' in fields : looksLikeIndex) {
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
  requireSpelling(value, descriptorFields);
  const { digest, mediaType, size, data } = value;
  const parsed = typeof digest === 'string' ? parseDigest(digest) : undefined;
  if (!parsed) throw new ManifestFormatError(`${field}.digest must be a sha256 or sha512 digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestFormatError(`${field}.size must be a number of bytes`);
  }
  if (!isAbsent(data)) checkData(data, { field, digest: parsed, size });
  const type = typeof mediaType === 'string' ? mediaType : '';
  return {
    kind,
    digest: parsed,
    mediaType: type,
    size,
    foreign: /\.(foreign|nondistributable)\./.test(type),
    urls: urlsOf(value['urls'], field),
    platform: platformOf(value['platform']),
  };
}

/**
 * OCI image specification, "Descriptors": the decoded data "MUST be identical to the referenced content", and is base64
 * by RFC 4648, section 4.
 */
function checkData(
  data: unknown,
  { field, digest, size }: { field: string; digest: Digest; size: number },
): void {
  const bytes = Buffer.from(typeof data === 'string' ? data : '', 'base64');
  const fits = bytes.toString('base64') === data && bytes.length === size;
  if (!fits || digestOf(bytes, digestAlgorithm(digest)) !== digest) {
    throw new ManifestFormatError(`${field}.data must be the content of ${digest} in base64`);
  }
}

/** Go's encoders write null for what is not there. */
function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function urlsOf(value: unknown, field: string): string[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value) && value.every((url) => typeof url === 'string')) return value;
  throw new ManifestFormatError(`${field}.urls must be a list of URLs`);
}

function platformOf(value: unknown): Platform | undefined {
  if (!isFields(value)) return undefined;
  const { os, architecture } = value;
  return typeof os === 'string' && typeof architecture === 'string' ? { os, architecture } : undefined;
}
