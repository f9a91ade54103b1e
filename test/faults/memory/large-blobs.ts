import { createHash, randomBytes } from 'node:crypto';
import {
  Agent as PlainAgent,
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
} from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { Writable } from 'node:stream';
import type { RegistryProcess } from '../registry-process.ts';

/** Blobs too large to be kept in memory: they share all bytes but those of their last block. */
export interface LargeBlobs {
  /** Bytes of each. */
  readonly size: number;
  readonly digests: readonly string[];
  /** The bytes [offset, offset + length) of one; at most up to the end of a block. */
  bytesOf(index: number, offset: number): Buffer;
}

const block = 1024 * 1024;
const piece = 64 * 1024;

/** @param size bytes of each blob, a multiple of 1 MiB */
export function makeLargeBlobs(count: number, size: number): LargeBlobs {
  const common = randomBytes(block);
  const tails = Array.from({ length: count }, () => randomBytes(block));
  const hash = createHash('sha256');
  for (let offset = 0; offset < size - block; offset += block) hash.update(common);
  const digests = tails.map((tail) => `sha256:${hash.copy().update(tail).digest('hex')}`);
  return {
    size,
    digests,
    bytesOf(index, offset) {
      const source = offset >= size - block ? tails[index] : common;
      if (!source) throw new RangeError(`there is no blob ${index}`);
      const start = offset % block;
      return source.subarray(start, Math.min(start + piece, block));
    },
  };
}

/** Clients of one registry, each with a connection of its own. */
export interface LargeBlobClient {
  upload(index: number): Promise<void>;
  /** Reads a blob and compares every byte. */
  download(index: number): Promise<void>;
  close(): void;
}

/** Over HTTP/1.1. */
export function createLargeBlobClient(registry: RegistryProcess, blobs: LargeBlobs): LargeBlobClient {
  const secure = registry.scheme === 'https';
  const agent = secure
    ? new SecureAgent({ keepAlive: true, ca: registry.ca })
    : new PlainAgent({ keepAlive: true });
  const open = secure ? secureRequest : plainRequest;

  function begin(method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
    return open({ host: 'localhost', family: 4, port: registry.port, method, path, headers, agent });
  }

  async function upload(index: number): Promise<void> {
    const start = begin('POST', '/v2/memory/blobs/uploads/', { 'Content-Length': 0 });
    start.end();
    const { location = '' } = (await answered(start, 202)).headers;
    const url = new URL(location, 'http://any');
    url.searchParams.set('digest', blobs.digests[index] ?? '');
    const put = begin('PUT', url.pathname + url.search, { 'Content-Length': blobs.size });
    const answer = answered(put, 201);
    await Promise.race([answer, sendBlob(put, blobs, index)]);
    await answer;
  }

  async function download(index: number): Promise<void> {
    const get = begin('GET', `/v2/memory/blobs/${blobs.digests[index]}`);
    get.end();
    const answer = await response(get);
    if (answer.statusCode !== 200) throw new Error(`the download was answered ${answer.statusCode}`);
    await compare(answer as AsyncIterable<Buffer>, blobs, index);
  }

  return { upload, download, close: () => agent.destroy() };
}

/** Writes a blob as fast as it is taken. */
export async function sendBlob(body: Writable, blobs: LargeBlobs, index: number): Promise<void> {
  for (let offset = 0; offset < blobs.size;) {
    const bytes = blobs.bytesOf(index, offset);
    offset += bytes.length;
    if (!body.write(bytes)) await new Promise((resolve) => body.once('drain', resolve));
  }
  body.end();
}

/** Reads a body to its end and throws when it is not that blob. */
export async function compare(body: AsyncIterable<Buffer>, blobs: LargeBlobs, index: number): Promise<void> {
  let offset = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length;) {
      const wanted = blobs.bytesOf(index, offset);
      const part = chunk.subarray(at, at + wanted.length);
      if (!part.equals(wanted.subarray(0, part.length))) throw new Error(`wrong bytes at ${offset}`);
      at += part.length;
      offset += part.length;
    }
  }
  if (offset !== blobs.size) throw new Error(`${offset} bytes came instead of ${blobs.size}`);
}

function response(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // It may come after the answer too: the body of the answer ends with an error of its own then.
    sent.on('error', reject);
  });
}

async function answered(sent: ClientRequest, status: number): Promise<IncomingMessage> {
  const answer = await response(sent);
  let text = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) text += chunk.toString();
  if (answer.statusCode !== status)
    throw new Error(`answered ${answer.statusCode} instead of ${status}: ${text}`);
  return answer;
}
