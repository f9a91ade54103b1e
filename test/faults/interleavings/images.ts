import type { Digest } from '../../../registry-image/src/registry/digest.ts';
import { digestOf } from '../../../registry-image/src/registry/digest.ts';
import { mediaTypes } from '../../../registry-image/src/registry/manifest-format.ts';

/** What the clients push: small, and with much in common. */
export interface Image {
  readonly name: string;
  readonly digest: Digest;
  readonly content: Buffer;
  /** Config and layers. */
  readonly blobs: readonly Digest[];
  readonly children: readonly Image[];
  readonly subject: Digest | undefined;
}

export const blobs = new Map<Digest, Buffer>();

function blob(text: string): { mediaType: string; digest: Digest; size: number } {
  const content = Buffer.from(text);
  const digest = digestOf(content);
  blobs.set(digest, content);
  const mediaType = text.startsWith('config')
    ? 'application/vnd.oci.image.config.v1+json'
    : 'application/vnd.oci.image.layer.v1.tar';
  return { mediaType, digest, size: content.length };
}

function image(name: string, layers: readonly string[], subject?: Image): Image {
  const descriptors = [blob(`config of ${name}`), ...layers.map(blob)];
  const [config, ...others] = descriptors;
  const mediaType = mediaTypes.ociManifest;
  const about = subject && { mediaType, digest: subject.digest, size: subject.content.length };
  const content = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, config, layers: others, subject: about }),
  );
  return {
    name,
    content,
    digest: digestOf(content),
    blobs: descriptors.map(({ digest }) => digest),
    children: [],
    subject: subject?.digest,
  };
}

function index(name: string, children: readonly Image[]): Image {
  const manifests = children.map(({ digest, content }) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: content.length,
  }));
  const content = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  );
  return { name, content, digest: digestOf(content), blobs: [], children, subject: undefined };
}

const one = image('one', ['base']);
const two = image('two', ['base', 'program']);
const three = image('three', ['program']);
const signature = image('signature', ['signed'], two);
export const images: readonly Image[] = [one, two, three, signature, index('index', [one, three])];
export const repositories = ['a', 'b/c'] as const;
export const tags = ['v1', 'v2'] as const;

/** The image and its children. */
export function withChildren(image: Image): readonly Image[] {
  return [...image.children, image];
}

/** Digests of the manifests without which that one is not whole, itself included. */
export function partsOf(digest: string): readonly string[] {
  const found = images.find((image) => image.digest === digest);
  return found ? withChildren(found).map((each) => each.digest) : [digest];
}

/**
 * Whether what lies there may come back though no rule was broken: an artifact whose subject, or the entry in the index of a tag whose
 * manifest, was pushed again between the window and the second mark; and a child that a client deleted, but not its index.
 */
export function mayComeBack(path: string, deleted: readonly string[]): boolean {
  const excused = [signature.digest, ...signature.blobs, ...deleted];
  return (
    path.includes('/index/sha256/') ||
    excused.some((digest) => path.includes(digest.slice(digest.indexOf(':') + 1)))
  );
}
