import { type Digest, parseDigest } from '../digest.ts';
import {
  type Fields,
  isFields,
  ManifestFormatError,
  mediaTypes,
  type ParsedManifest,
  parseDocument,
  type Reference,
} from '../manifest-format.ts';

/** A manifest of Docker schema 1 without its signatures. */
export interface Schema1Manifest {
  readonly name: string;
  readonly tag: string;
  readonly manifest: ParsedManifest;
}

/** Whether a document says of itself that it is of schema 1. */
export function isSchema1(fields: Fields): boolean {
  return fields['schemaVersion'] === 1;
}

/** @throws ManifestFormatError */
export function parseSchema1(payload: Buffer): Schema1Manifest {
  const fields = parseDocument(payload);
  const { name, tag, fsLayers, history } = fields;
  if (!isSchema1(fields)) throw new ManifestFormatError('schemaVersion must be 1');
  if (typeof name !== 'string' || typeof tag !== 'string') {
    throw new ManifestFormatError('name and tag must be text');
  }
  if (!Array.isArray(fsLayers) || !Array.isArray(history) || fsLayers.length !== history.length) {
    throw new ManifestFormatError('fsLayers and history must be lists of the same length');
  }
  requireOwnFields(fields);
  const references = fsLayers.map((layer: unknown, index) => layerReference(layer, `fsLayers[${index}]`));
  return { name, tag, manifest: { mediaType: mediaTypes.dockerSchema1Signed, references } };
}

/** What is of schema 1 to one reader and something newer to another could hide content (CVE-2021-41190). */
function requireOwnFields(fields: Fields): void {
  const { mediaType } = fields;
  const foreign = ['config', 'layers', 'blobs', 'manifests', 'subject'].find((name) => name in fields);
  if (foreign !== undefined) throw new ManifestFormatError(`${foreign} is no field of Docker schema 1`);
  const own: readonly unknown[] = [mediaTypes.dockerSchema1, mediaTypes.dockerSchema1Signed, '', undefined];
  if (!own.includes(mediaType)) throw new ManifestFormatError('the mediaType is not that of Docker schema 1');
}

function layerReference(layer: unknown, field: string): Reference {
  const digest: Digest | undefined =
    isFields(layer) && typeof layer['blobSum'] === 'string' ? parseDigest(layer['blobSum']) : undefined;
  if (!digest) throw new ManifestFormatError(`${field}.blobSum must be a sha256 or sha512 digest`);
  const mediaType = 'application/vnd.docker.container.image.rootfs.diff+x-gtar';
  return { kind: 'blob', digest, mediaType, size: 0, foreign: false, urls: [] };
}
