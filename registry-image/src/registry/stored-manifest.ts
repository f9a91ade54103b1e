import { type Digest, parseDigest } from './digest.ts';
import { annotationsOf, artifactTypeOf, type Fields, isFields, mediaTypes } from './manifest-format.ts';

/**
 * What a manifest in the store says of itself. Unlike parseManifest this refuses nothing: what another server has
 * accepted is served as it is.
 */
export interface StoredForm {
  readonly mediaType: string;
  /** The manifest that it is about. */
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function storedForm(content: Buffer): StoredForm {
  const fields = storedFields(content);
  if (!fields) return { mediaType: 'application/octet-stream' };
  const mediaType = storedMediaType(fields);
  const { subject, annotations } = fields;
  const named = isFields(subject) && typeof subject['digest'] === 'string' ? subject['digest'] : '';
  return {
    mediaType,
    subject: parseDigest(named),
    artifactType: artifactTypeOf(fields, mediaType),
    annotations: annotationsOf(annotations),
  };
}

/** The fields of a manifest in the store; undefined when it is no JSON object. */
export function storedFields(content: Buffer): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(content.toString());
    return isFields(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function storedMediaType(fields: Fields): string {
  const { mediaType, schemaVersion } = fields;
  if (typeof mediaType === 'string' && isHeaderValue(mediaType)) return mediaType;
  if (schemaVersion === 1) return mediaTypes.dockerSchema1Signed;
  return 'manifests' in fields ? mediaTypes.ociIndex : mediaTypes.ociManifest;
}

function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
