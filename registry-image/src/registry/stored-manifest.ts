import { mediaTypes } from './manifest-format.ts';

/**
 * The media type of a manifest that is in the store. Unlike parseManifest it refuses nothing: what another server has
 * accepted is served as it is.
 */
export function storedMediaType(content: Buffer): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.toString());
  } catch {
    return 'application/octet-stream';
  }
  if (typeof parsed !== 'object' || parsed === null) return 'application/octet-stream';
  if ('mediaType' in parsed && typeof parsed.mediaType === 'string' && isHeaderValue(parsed.mediaType)) {
    return parsed.mediaType;
  }
  if ('schemaVersion' in parsed && parsed.schemaVersion === 1) return mediaTypes.dockerSchema1Signed;
  return 'manifests' in parsed ? mediaTypes.ociIndex : mediaTypes.ociManifest;
}

function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
