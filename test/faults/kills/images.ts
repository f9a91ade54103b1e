import { createHash } from 'node:crypto';

/** What the clients push and pull: a manifest with all that it leads to. */
export interface Image {
  readonly digest: string;
  readonly content: Buffer;
  readonly mediaType: string;
  /** Config and layers by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly children: readonly Image[];
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** @param texts of the layers */
export function imageOf(name: string, texts: readonly string[], subject?: Image): Image {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', comment: name }));
  const layers = texts.map((text) => Buffer.from(text.repeat(20)));
  const fields = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: layers.map((layer) => descriptor(types.layer, layer)),
    ...(subject && { subject: descriptor(subject.mediaType, subject.content) }),
  };
  const blobs = new Map([config, ...layers].map((content) => [digestOf(content), content]));
  return { ...withContent(fields), blobs, children: [] };
}

export function indexOf(children: readonly Image[]): Image {
  const manifests = children.map(({ mediaType, content }) => descriptor(mediaType, content));
  const fields = { schemaVersion: 2, mediaType: types.index, manifests };
  return { ...withContent(fields), blobs: new Map(), children };
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** The digests of everything that an image leads to, its own included. */
export function digestsOf(image: Image): string[] {
  return [image.digest, ...image.blobs.keys(), ...image.children.flatMap(digestsOf)];
}

function descriptor(mediaType: string, content: Buffer): object {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function withContent(fields: { mediaType: string }): Pick<Image, 'digest' | 'content' | 'mediaType'> {
  const content = Buffer.from(JSON.stringify(fields));
  return { digest: digestOf(content), content, mediaType: fields.mediaType };
}
