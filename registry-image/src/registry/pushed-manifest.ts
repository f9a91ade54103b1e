import { type Digest, digestAlgorithm, digestOf } from './digest.ts';
import { registryError } from './errors.ts';
import { ManifestFormatError, manifestOf, type ParsedManifest, parseDocument } from './manifest-format.ts';
import type { Reference as ManifestReference } from './reference.ts';
import { isSchema1, parseSchema1, type Schema1Manifest } from './schema1/manifest.ts';
import { SignatureError, verifyPretty } from './schema1/signature.ts';

/** The body of a PUT. */
export interface PushedBody {
  readonly repository: string;
  readonly reference: ManifestReference;
  /** The Content-Type of the request. */
  readonly mediaType?: string;
  readonly content: Buffer;
}

export interface PushedManifest {
  readonly digest: Digest;
  /** What is stored: what was sent, of schema 1 without the signatures. */
  readonly content: Buffer;
  readonly manifest: ParsedManifest;
}

/**
 * Reads and checks a manifest that is pushed, as far as that can be done without the storage.
 * @param acceptsSchema1 `compatibility.schema1.enabled`
 * @throws RegistryError MANIFEST_INVALID, DIGEST_INVALID; of schema 1 also MANIFEST_UNVERIFIED, NAME_INVALID, TAG_INVALID
 */
export function readPushed(body: PushedBody, acceptsSchema1: boolean): PushedManifest {
  const { reference } = body;
  const { content, manifest } = read(body, acceptsSchema1);
  const digest = digestOf(content, reference.digest ? digestAlgorithm(reference.digest) : 'sha256');
  if (reference.digest && reference.digest !== digest) {
    throw registryError('DIGEST_INVALID', { digest: reference.digest, content: digest });
  }
  return { digest, content, manifest };
}

function read(body: PushedBody, acceptsSchema1: boolean): Pick<PushedManifest, 'content' | 'manifest'> {
  try {
    const fields = parseDocument(body.content);
    if (isSchema1(fields)) {
      if (!acceptsSchema1) {
        throw new ManifestFormatError(
          'manifests of Docker schema 1 are not accepted here; push the image as schema 2 or OCI, or set compatibility.schema1.enabled',
        );
      }
      return readSchema1(body);
    }
    const manifest = manifestOf(fields);
    requireType(body.mediaType, [manifest.mediaType]);
    return { content: body.content, manifest };
  } catch (error) {
    if (error instanceof ManifestFormatError) throw registryError('MANIFEST_INVALID', error.message);
    if (error instanceof SignatureError) throw registryError('MANIFEST_UNVERIFIED', error.message);
    throw error;
  }
}

function readSchema1(body: PushedBody): Pick<PushedManifest, 'content' | 'manifest'> {
  requireType(body.mediaType, [
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/vnd.docker.distribution.manifest.v1+json',
  ]);
  const payload = verifyPretty(body.content);
  const found: Schema1Manifest = parseSchema1(payload);
  if (found.name !== body.repository) {
    throw registryError(
      'NAME_INVALID',
      { name: found.name },
      'the name in the manifest is not that of the repository',
    );
  }
  const { tag } = body.reference;
  if (tag !== undefined && found.tag !== tag) throw registryError('TAG_INVALID', { tag: found.tag });
  return { content: payload, manifest: found.manifest };
}

/** "The registry SHOULD ignore parameters on the Content-Type header." */
function requireType(contentType: string | undefined, expected: readonly string[]): void {
  const announced = contentType?.split(';')[0]?.trim().toLowerCase();
  if (!announced || announced === 'application/json' || expected.includes(announced)) return;
  throw new ManifestFormatError(`Content-Type is ${announced}, but the manifest is ${expected[0]}`);
}
