import { Agent as PlainAgent, request as plainRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { indexType, manifestType, type Blob, type Image, type MultiArch } from './image.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How to reach a registry. */
export interface Access {
  /** host:port as used in an image reference. */
  readonly host: string;
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

export interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

export interface ClientOptions {
  /** Plain HTTP instead of verified TLS. */
  readonly plain?: boolean;
  readonly maxSockets?: number;
  /** Address that is dialled instead of what the host's name resolves to. */
  readonly address?: string;
}

/** A registry client that hides nothing: each call is one request on a kept-alive connection, never tried again. */
export class RegistryClient {
  readonly access: Access;
  readonly #agent: PlainAgent;
  readonly #base: string;
  readonly #connected: 'connect' | 'secureConnect';
  readonly #request: typeof request;

  constructor(access: Access, { plain = false, maxSockets = 16, address }: ClientOptions = {}) {
    this.access = access;
    this.#base = `${plain ? 'http' : 'https'}://${access.host}`;
    this.#connected = plain ? 'connect' : 'secureConnect';
    const settings = { keepAlive: true, maxSockets, ...(address ? { lookup: fixedLookup(address) } : {}) };
    this.#agent = plain ? new PlainAgent(settings) : new Agent({ ...settings, ca: access.ca });
    this.#request = plain ? plainRequest : request;
  }

  async call(method: string, path: string, { headers = {}, body }: Call = {}): Promise<Answer> {
    const { username, password } = this.access;
    const url = new URL(path, this.#base);
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(
        url,
        {
          method,
          agent: this.#agent,
          auth: `${username}:${password}`,
          headers: { 'Content-Length': Buffer.byteLength(body ?? ''), ...headers },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      let isConnected = false;
      outgoing.on('socket', (socket) => {
        isConnected = outgoing.reusedSocket;
        if (!isConnected) socket.once(this.#connected, () => (isConnected = true));
      });
      // Of the two only the other may have lost a request.
      outgoing.on('error', (error) =>
        reject(isConnected ? error : new Error(`not connected: ${error.message}`, { cause: error })),
      );
      outgoing.end(body);
    });
  }

  /** POST and PUT of a blob unless the registry has it already. */
  async pushBlob(repository: string, { digest, content }: Blob): Promise<void> {
    const head = await this.call('HEAD', `/v2/${repository}/blobs/${digest}`);
    if (head.status === 200) return;
    const start = expectStatus(await this.call('POST', `/v2/${repository}/blobs/uploads/`), 202);
    const location = new URL(start.headers.location ?? '', this.#base);
    location.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    expectStatus(await this.call('PUT', location.href, { headers, body: content }), 201);
  }

  async pushManifest(
    repository: string,
    reference: string,
    { content }: Blob,
    mediaType = manifestType,
  ): Promise<Answer> {
    const headers = { 'Content-Type': mediaType };
    return this.call('PUT', `/v2/${repository}/manifests/${reference}`, { headers, body: content });
  }

  async push(repository: string, reference: string, { config, layers, manifest }: Image): Promise<void> {
    for (const part of [config, ...layers]) await this.pushBlob(repository, part);
    expectStatus(await this.pushManifest(repository, reference, manifest), 201);
  }

  /** Pushes an index with its images. */
  async pushIndex(repository: string, tag: string, { images, index }: MultiArch): Promise<void> {
    for (const one of images) await this.push(repository, one.manifest.digest, one);
    expectStatus(await this.pushManifest(repository, tag, index, indexType), 201);
  }

  /** Pulls an image and compares every byte with the original. */
  async pull(repository: string, reference: string, { config, layers, manifest }: Image): Promise<void> {
    const headers = { Accept: manifestType };
    const answer = expectStatus(
      await this.call('GET', `/v2/${repository}/manifests/${reference}`, { headers }),
      200,
    );
    if (!answer.body.equals(manifest.content))
      throw new Error(`${repository}:${reference} is another manifest`);
    for (const part of [config, ...layers]) {
      const got = expectStatus(await this.call('GET', `/v2/${repository}/blobs/${part.digest}`), 200);
      if (!got.body.equals(part.content)) throw new Error(`${part.digest} has other content`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Throws with the registry's own words when the status is another one. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, got ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
}

/** Answers every name with one IPv4 address. */
function fixedLookup(address: string): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}
