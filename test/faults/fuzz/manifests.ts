import { digestOf, type KnownRepository, pick } from './model.ts';
import type { ManifestKind } from './step.ts';

const types = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerImage: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  schema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

export interface MadeManifest {
  readonly content: Buffer;
  readonly mediaType: string;
  /** Whether a registry must take it. */
  readonly valid: boolean;
}

/** A manifest of the wanted kind out of what the repository has; valid only if there is what it needs. */
export function makeManifest(kind: ManifestKind, repository: KnownRepository, number: number): MadeManifest {
  const blobs = [...repository.blobs].map(([digest, { length }]) => ({ digest, size: length }));
  const manifests = [...repository.manifests].map(([digest, { content, mediaType }]) => {
    return { mediaType, digest, size: content.length, platform: { os: 'linux', architecture: 'amd64' } };
  });
  const blob = pick(blobs, number);
  const child = pick(manifests, number);
  switch (kind) {
    case 'image':
      return image({ mediaType: types.image, blob, number });
    case 'dockerImage':
      return image({ mediaType: types.dockerImage, blob, number });
    case 'artifact':
      return image({ mediaType: types.image, blob, number, subject: child ?? absent(number) });
    case 'index':
    case 'dockerList':
      return made(
        { schemaVersion: 2, mediaType: types[kind], manifests: child ? [child] : [] },
        types[kind],
        true,
      );
    case 'missingBlob':
      return { ...image({ mediaType: types.image, blob: absent(number), number }), valid: false };
    case 'schema1Unsigned':
      return made(schema1(repository.name, number), types.schema1, false);
    case 'notJson':
      return { content: Buffer.from('{"schemaVersion": 2,'), mediaType: types.image, valid: false };
    case 'odd':
      return made(pick(oddities, number), types.image, false);
    case 'large':
    default:
      return made(
        { schemaVersion: 2, padding: 'x'.repeat(number % 4 === 0 ? 4_200_000 : 100_000) },
        types.image,
        false,
      );
  }
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType?: string;
}

function image(options: {
  mediaType: string;
  blob: Descriptor | undefined;
  number: number;
  subject?: Descriptor;
}): MadeManifest {
  const { mediaType, blob, number, subject } = options;
  const docker = mediaType === types.dockerImage;
  const config = {
    mediaType: docker ? 'application/vnd.docker.container.image.v1+json' : 'application/x.fuzz',
    ...(blob ?? absent(number)),
  };
  const layers = blob ? [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blob }] : [];
  const fields = {
    schemaVersion: 2,
    mediaType,
    config,
    layers,
    ...(subject && { subject: { mediaType: types.image, digest: subject.digest, size: subject.size } }),
    annotations: { number: String(number) },
  };
  return made(fields, mediaType, blob !== undefined);
}

function absent(number: number): Descriptor {
  return { digest: digestOf(Buffer.from(`absent ${number}`)), size: number };
}

/** Signed by nobody: the signature is well-formed and wrong. */
function schema1(name: string, number: number): object {
  const signature = {
    header: { jwk: { crv: 'P-256', kid: 'A', kty: 'EC', x: 'AA', y: 'AA' }, alg: 'ES256' },
    signature: Buffer.alloc(64, number).toString('base64url'),
    protected: Buffer.from(
      JSON.stringify({ formatLength: 10, formatTail: 'Cn0', time: '2020-01-01T00:00:00Z' }),
    ).toString('base64url'),
  };
  return {
    schemaVersion: 1,
    name,
    tag: 'v1',
    architecture: 'amd64',
    fsLayers: [{ blobSum: absent(number).digest }],
    history: [{ v1Compatibility: '{"id":"a"}' }],
    signatures: number % 3 === 0 ? [] : [signature],
  };
}

const oddities: readonly unknown[] = [
  null,
  [],
  0,
  'text',
  {},
  { schemaVersion: '2' },
  { schemaVersion: 3 },
  { schemaVersion: 2, config: null, layers: {} },
  { schemaVersion: 2, config: { digest: 'sha256:x', size: -1 }, layers: [null] },
  { schemaVersion: 2, mediaType: ['a'], layers: [] },
  { schemaVersion: 2, manifests: [], layers: [] },
  { schemaVersion: 2, manifests: 'many' },
  { schemaVersion: 2, manifests: [{ digest: 7, size: 1e300, mediaType: {} }] },
  { schemaVersion: 2, subject: [], manifests: [] },
  { schemaVersion: 2, annotations: { a: {} }, manifests: [{}] },
  { schemaVersion: 1, fsLayers: [], history: [{}] },
  {
    schemaVersion: 1,
    name: 7,
    tag: null,
    fsLayers: [{ blobSum: '' }],
    history: [],
    signatures: [{ protected: '!' }],
  },
  JSON.parse('{"__proto__": {"schemaVersion": 2}, "constructor": 1}'),
];

function made(fields: unknown, mediaType: string, valid: boolean): MadeManifest {
  return { content: Buffer.from(JSON.stringify(fields)), mediaType, valid };
}
