import type { StorageDriver } from '../../storage/driver.ts';
import { blobDataPath, layerLinkPath } from '../../storage/paths.ts';
import { blobSize } from '../blobs.ts';
import { type Digest, digestOf, parseDigest } from '../digest.ts';
import { absentAsUndefined, readLink } from '../links.ts';
import { type Fields, isFields, mediaTypes } from '../manifest-format.ts';
import { storedFields } from '../stored-manifest.ts';
import { convertToSchema1 } from './conversion.ts';
import { isSchema1 } from './manifest.ts';
import { signPretty } from './signature.ts';
import type { SigningKey } from './signing-key.ts';

/** Bytes of the largest config that is converted: whoever may pull can ask for it, and each byte may become seven. */
const largestConfig = 128 * 1024;

/** Conversions that are kept, and bytes of the largest one: reading and signing cost three times what a GET does. */
const keptConversions = 128;
const keptSize = 64 * 1024;

/** An answer in schema 1. Its digest is that of its content without the signatures, which differ each time. */
export interface SignedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** An image by its tag: the digest of its manifest, and the manifest itself. */
interface TaggedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  readonly manifest: Buffer;
}

/** What clients are given that know nothing newer than Docker's schema 1. */
export interface Schema1 {
  /**
   * The image of a tag, converted from Docker's schema 2. Undefined when it is of another kind, or cannot be expressed
   * in schema 1.
   */
  convert(image: TaggedImage): Promise<SignedManifest | undefined>;
  /** A manifest that is stored in schema 1, which is stored without signatures; undefined when it is of another kind. */
  sign(digest: Digest, manifest: Buffer): Promise<SignedManifest | undefined>;
}

export function createSchema1(options: { driver: StorageDriver; signingKey: SigningKey }): Schema1 {
  const { driver, signingKey } = options;
  const mediaType = mediaTypes.dockerSchema1Signed;

  /** What a digest is converted into never changes. The one made longest ago comes first. */
  const kept = new Map<string, SignedManifest>();

  async function convert(image: TaggedImage): Promise<SignedManifest | undefined> {
    const name = `${image.repository}:${image.tag}@${image.digest}`;
    const converted = kept.get(name) ?? (await convertAnew(image));
    if (!converted || converted.content.length > keptSize) return converted;
    kept.set(name, converted);
    const [oldest] = kept.keys();
    if (kept.size > keptConversions && oldest !== undefined) kept.delete(oldest);
    return converted;
  }

  async function convertAnew({
    repository,
    tag,
    manifest,
  }: TaggedImage): Promise<SignedManifest | undefined> {
    const parts = schema2Parts(storedFields(manifest));
    if (!parts) return undefined;
    const config = await readConfig(repository, parts.config);
    if (config === undefined) return undefined;
    const text = convertToSchema1({ repository, tag, config, layers: parts.layers });
    if (text === undefined) return undefined;
    const payload = Buffer.from(text);
    return { digest: digestOf(payload), mediaType, content: signPretty(payload, await signingKey()) };
  }

  async function readConfig(repository: string, digest: Digest): Promise<string | undefined> {
    const linked = await readLink(driver, layerLinkPath(repository, digest));
    const size = linked && (await blobSize(driver, linked));
    if (!linked || size === undefined || size > largestConfig) return undefined;
    return (await absentAsUndefined(driver.getContent(blobDataPath(linked))))?.toString();
  }

  async function sign(digest: Digest, manifest: Buffer): Promise<SignedManifest | undefined> {
    const fields = storedFields(manifest);
    if (!fields || !isSchema1(fields) || 'signatures' in fields) return undefined;
    return { digest, mediaType, content: signPretty(manifest, await signingKey()) };
  }

  return { convert, sign };
}

function schema2Parts(fields: Fields | undefined): { config: Digest; layers: Digest[] } | undefined {
  if (fields?.['mediaType'] !== mediaTypes.dockerManifest || !Array.isArray(fields['layers']))
    return undefined;
  const config = digestIn(fields['config']);
  const layers = fields['layers'].map(digestIn);
  if (!config || !layers.every((layer) => layer !== undefined)) return undefined;
  return { config, layers };
}

function digestIn(descriptor: unknown): Digest | undefined {
  return isFields(descriptor) && typeof descriptor['digest'] === 'string'
    ? parseDigest(descriptor['digest'])
    : undefined;
}
