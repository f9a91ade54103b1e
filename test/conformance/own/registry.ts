import { createHash, randomBytes } from 'node:crypto';
import type {
  TransportAnswer,
  TransportClient,
  TransportRequest,
} from '../../../registry-image/src/http/transport-client.ts';

export const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  schema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

export interface Answer extends TransportAnswer {
  readonly text: string;
  /** The body as JSON; throws when it is none. */
  json(): Record<string, unknown>;
  /** The error codes of the body. */
  codes(): string[];
}

export interface Manifest {
  readonly digest: string;
  readonly content: string;
  readonly mediaType: string;
}

/** One error code of an answer, with that answer's status. */
export type SeenCode = `${string} ${number}`;

/** What a check talks to: one registry over one transport. Its methods throw when a preparation fails. */
export class Registry {
  readonly client: TransportClient;
  /** Root directory of the store. */
  readonly root: string;
  /** `host:port` of the requests. */
  readonly authority: string;
  /** A repository that no other check has. */
  readonly repository: string = `own/${randomBytes(6).toString('hex')}`;
  /** Every error code that was answered here. */
  readonly seen: Set<SeenCode>;
  /** Every answer, for the rules that hold for all. */
  readonly answers: Answer[];
  /** Another connection of the same kind, to a registry of this setup; what it sees is seen here too. */
  readonly at: (setup: string) => Promise<Registry>;

  constructor(options: {
    client: TransportClient;
    root: string;
    authority: string;
    at: (setup: string, from: Registry) => Promise<Registry>;
    /** The registry that this one's answers count for. */
    from?: Registry;
  }) {
    this.client = options.client;
    this.seen = options.from?.seen ?? new Set();
    this.answers = options.from?.answers ?? [];
    this.root = options.root;
    this.authority = options.authority;
    this.at = (setup) => options.at(setup, this);
  }

  async call(method: string, path: string, request: TransportRequest = {}): Promise<Answer> {
    // A Location may be absolute or relative.
    const url = new URL(path, `http://${this.authority}`);
    const given = await this.client.request(method, `${url.pathname}${url.search}`, request);
    const text = given.body.toString();
    const answer: Answer = {
      ...given,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
      codes: () => codesOf(text),
    };
    this.answers.push(answer);
    if (given.status >= 400) for (const code of codesOf(text)) this.seen.add(`${code} ${given.status}`);
    return answer;
  }

  /** The Location of a new upload. */
  async startUpload(repository: string = this.repository, query = ''): Promise<string> {
    return location(expectStatus(await this.call('POST', `/v2/${repository}/blobs/uploads/${query}`), 202));
  }

  async pushBlob(
    content: string | Buffer,
    options: { repository?: string; algorithm?: string } = {},
  ): Promise<string> {
    const digest = digestOf(content, options.algorithm);
    const path = withDigest(await this.startUpload(options.repository), digest);
    expectStatus(await this.call('PUT', path, { body: content, headers: octets }), 201);
    return digest;
  }

  async putManifest(
    reference: string,
    { content, mediaType }: Omit<Manifest, 'digest'>,
    repository: string = this.repository,
  ): Promise<Answer> {
    return this.call('PUT', `/v2/${repository}/manifests/${reference}`, {
      body: content,
      headers: { 'content-type': mediaType },
    });
  }

  /** Pushes a new image with one layer under `reference`, or under its digest. */
  async pushImage(
    reference?: string,
    options: { repository?: string; extra?: object; config?: string } = {},
  ): Promise<Manifest> {
    const repository = options.repository ?? this.repository;
    const manifest = await this.prepareImage({ ...options, repository });
    expectStatus(await this.putManifest(reference ?? manifest.digest, manifest, repository), 201);
    return manifest;
  }

  /** Pushes the blobs of a new image; the manifest itself is left to the caller. */
  async prepareImage(
    options: { repository?: string; extra?: object; config?: string } = {},
  ): Promise<Manifest> {
    const { repository = this.repository, extra = {}, config = types.config } = options;
    const layer = randomBytes(64);
    const [configDigest, layerDigest] = [
      await this.pushBlob('{}', { repository }),
      await this.pushBlob(layer, { repository }),
    ];
    return manifestOf({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: config, digest: configDigest, size: 2 },
      layers: [{ mediaType: types.layer, digest: layerDigest, size: layer.length }],
      ...extra,
    });
  }
}

export const octets = { 'content-type': 'application/octet-stream' } as const;

export function digestOf(content: string | Buffer, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}

export function manifestOf(document: object, mediaType: string = types.manifest): Manifest {
  const content = JSON.stringify(document);
  return { digest: digestOf(content), content, mediaType };
}

/** An index of `manifests`. */
export function indexOf(manifests: readonly Manifest[], extra: object = {}): Manifest {
  return manifestOf(
    {
      schemaVersion: 2,
      mediaType: types.index,
      manifests: manifests.map((manifest) => descriptorOf(manifest)),
      ...extra,
    },
    types.index,
  );
}

export function descriptorOf({ mediaType, digest, content }: Manifest): object {
  return { mediaType, digest, size: Buffer.byteLength(content) };
}

/** The Location of `answer`; throws when there is none. */
export function location({ headers, status }: Answer): string {
  const value = headers['location'];
  if (!value) throw new Error(`the answer ${status} has no Location`);
  return value;
}

/** The upload's URL with the parameter digest. */
export function withDigest(upload: string, digest: string): string {
  return `${upload}${upload.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

/** The target of the Link with rel="next", or undefined. */
export function nextLink({ headers }: Answer): string | undefined {
  return /<([^>]*)>;\s*rel="?next"?/.exec(headers['link'] ?? '')?.[1];
}

export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, got ${answer.status}: ${answer.text.slice(0, 300)}`);
}

function codesOf(text: string): string[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code: string }[] };
    return (errors ?? []).map(({ code }) => code);
  } catch {
    return [];
  }
}
