import { createCipheriv, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { type Answer, type Call, ConnectionLost, type Exchange } from './exchange.ts';
import type { Item, Ledger } from './ledger.ts';

export interface UploaderOptions {
  readonly exchange: Exchange;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Names its tag. */
  readonly number: number;
  readonly repository: string;
  /** Until then it goes on with new uploads. */
  readonly stopped: () => boolean;
}

/** Bytes of the blobs: what fits into one segment, into one chunk, and what takes many. */
const sizes = [1, 700, 4096, 65_537, 300_000, 1_500_000] as const;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** The upload that it was about is no longer there. */
class UploadGone extends Error {
  constructor() {
    super('the upload is gone');
    this.name = 'UploadGone';
  }
}

/**
 * One client that pushes blob after blob, and images, in every way, and goes on after each lost connection as a client
 * does: it asks how far the upload is, or begins it again.
 */
export async function runUploader(options: UploaderOptions): Promise<void> {
  const { exchange, ledger, random, repository, stopped } = options;
  const prefix = `/v2/${repository}`;

  /** Sends until an answer comes; a request that is not idempotent is not sent again but reported by ConnectionLost. */
  async function send(call: Call, expected: readonly number[]): Promise<Answer> {
    const answer = await exchange.send(call);
    if (answer.status === 404) throw new UploadGone();
    if (!expected.includes(answer.status)) {
      const problem = `${call.method} ${call.path}: ${answer.status} ${answer.body.toString()}`;
      ledger.complain(problem);
      throw new Error(problem);
    }
    return answer;
  }

  async function begin(): Promise<string> {
    const answer = await send({ method: 'POST', path: `${prefix}/blobs/uploads/` }, [202]);
    return pathOf(answer);
  }

  async function inOneRequest(item: Item, content: Buffer): Promise<void> {
    ledger.attempt(item);
    const path = `${prefix}/blobs/uploads/?digest=${item.digest}`;
    await send({ method: 'POST', path, body: content, ...manner() }, [201]);
    ledger.confirm(item);
  }

  async function inTwoRequests(item: Item, content: Buffer): Promise<void> {
    const location = await begin();
    ledger.attempt(item);
    await send({ method: 'PUT', path: withDigest(location, item), body: content, ...manner() }, [201]);
    ledger.confirm(item);
  }

  async function inChunks(item: Item, content: Buffer): Promise<void> {
    let location = await begin();
    let offset = 0;
    const chunkSize = Math.max(1, Math.ceil(content.length / (1 + random.below(5))));
    while (offset < content.length) {
      const chunk = content.subarray(offset, offset + chunkSize);
      try {
        const range = `${offset}-${offset + chunk.length - 1}`;
        const headers = random.chance(0.5) ? { 'Content-Range': range } : undefined;
        const answer = await send(
          { method: 'PATCH', path: location, headers, body: chunk, ...manner() },
          [202],
        );
        location = pathOf(answer);
        offset += chunk.length;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || stopped()) throw error;
        const known = await whereIs(location);
        // No request has asked for its completion, so a process that was killed must not have taken it along.
        if (known < offset || known > offset + chunk.length) {
          ledger.complain(`${location}: ${known} bytes are there after ${offset} had been acknowledged`);
          throw error;
        }
        offset = known;
      }
    }
    ledger.attempt(item);
    await send({ method: 'PUT', path: withDigest(location, item) }, [201]);
    ledger.confirm(item);
  }

  async function whereIs(location: string): Promise<number> {
    for (;;) {
      try {
        const answer = await exchange.send({ method: 'GET', path: location });
        if (answer.status === 404) {
          ledger.complain(`${location} was lost before its completion was asked for`);
          throw new UploadGone();
        }
        const end = Number(/^0-(\d+)$/.exec(String(answer.headers['range']))?.[1]);
        return end === 0 ? 0 : end + 1;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || stopped()) throw error;
        await sleep(50 + random.below(200));
      }
    }
  }

  function manner(): { chunked?: boolean; pause?: number } {
    return { chunked: random.chance(0.3), ...(random.chance(0.3) && { pause: random.below(20) }) };
  }

  async function pushImage(config: Item): Promise<void> {
    const descriptor = { mediaType: 'application/octet-stream', digest: config.digest, size: config.size };
    const fields = { schemaVersion: 2, mediaType: manifestType, config: descriptor, layers: [] };
    const content = Buffer.from(JSON.stringify(fields));
    const digest = digestOf(content);
    const item: Item = { kind: 'manifest', repository, digest, size: content.length };
    const tag = random.chance(0.7) ? `t${options.number}` : undefined;
    ledger.attempt(item);
    if (tag !== undefined) ledger.attemptTag(repository, tag, digest);
    await send(
      {
        method: 'PUT',
        path: `${prefix}/manifests/${tag ?? digest}`,
        headers: { 'Content-Type': manifestType },
        body: content,
      },
      [201],
    );
    ledger.confirm(item);
    if (tag !== undefined) ledger.confirmTag(repository, tag, digest);
  }

  async function pushOnce(): Promise<void> {
    const content = contentOf(random);
    const item: Item = { kind: 'blob', repository, digest: digestOf(content), size: content.length };
    // `Range: 0-0` is answered for no byte and for one, so one byte is never sent in chunks.
    const way =
      content.length === 1 ? inOneRequest : random.pick([inOneRequest, inTwoRequests, inChunks, inChunks]);
    await persist(() => way(item, content));
    if (random.chance(0.4)) await persist(() => pushImage(item));
  }

  /** Does it again until it has succeeded, as a client that was told to push an image does. */
  async function persist(push: () => Promise<void>): Promise<void> {
    while (!stopped()) {
      try {
        return await push();
      } catch (error) {
        if (!(error instanceof ConnectionLost) && !(error instanceof UploadGone)) throw error;
        await sleep(20 + random.below(300));
      }
    }
  }

  while (!stopped()) {
    try {
      await pushOnce();
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !stopped()) ledger.complain(String(error));
      return;
    }
  }
}

function contentOf(random: Random): Buffer {
  const size = random.pick(sizes);
  const key = Buffer.from(Array.from({ length: 16 }, () => random.below(256)));
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function pathOf(answer: Answer): string {
  const url = new URL(answer.headers.location ?? '', 'http://any');
  return url.pathname + url.search;
}

function withDigest(location: string, { digest }: Item): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}
