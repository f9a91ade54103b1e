import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Call, ConnectionLost, type Exchange } from '../durability/exchange.ts';
import { digestOf, type Image } from './images.ts';
import type { PushedTags } from './pushed-tags.ts';

/** A push was answered as it must not be. */
export class WrongAnswer extends Error {}

export interface Push {
  readonly repository: string;
  /** None: by digest alone. */
  readonly tag?: string;
  readonly image: Image;
  /** Where its blobs may be mounted from. */
  readonly from?: string;
}

/** Milliseconds before a push goes on after a lost connection or a refusal. */
const pause = 20;

/**
 * Pushes as clients do, and begins again after each lost connection and each 405 (a pause of writes that took too long).
 * @returns the milliseconds until it was acknowledged, and how often it was refused
 * @throws WrongAnswer, ConnectionLost when it was told to stop
 */
export async function pushImage(
  { exchange, tags, stopped }: { exchange: Exchange; tags: PushedTags; stopped: () => boolean },
  push: Push,
): Promise<{ took: number; refused: number }> {
  const begun = Date.now();
  let refused = 0;
  for (;;) {
    try {
      if (await pushOnce(exchange, tags, push)) return { took: Date.now() - begun, refused };
      refused += 1;
    } catch (error) {
      if (!(error instanceof ConnectionLost) || stopped()) throw error;
    }
    await sleep(pause);
  }
}

/** False when it was refused for a pause of writes. */
async function pushOnce(exchange: Exchange, tags: PushedTags, push: Push): Promise<boolean> {
  const { repository, tag, image, from } = push;
  const prefix = `/v2/${repository}`;

  async function send(call: Call, expected: readonly number[]): Promise<Answer | undefined> {
    const answer = await exchange.send(call);
    if (answer.status === 405) return undefined;
    if (expected.includes(answer.status)) return answer;
    throw new WrongAnswer(
      `push of ${repository}:${tag ?? image.digest}: ${call.method} ${call.path}: ${answer.status} ${answer.body.toString()}`,
    );
  }

  async function pushBlob(digest: string, body: Buffer): Promise<boolean> {
    const head = await send({ method: 'HEAD', path: `${prefix}/blobs/${digest}` }, [200, 404]);
    if (head?.status === 200) return true;
    if (from !== undefined) {
      const path = `${prefix}/blobs/uploads/?mount=${digest}&from=${from}`;
      const mounted = await send({ method: 'POST', path }, [201, 202]);
      if (mounted?.status !== 202) return mounted !== undefined;
    }
    const path = `${prefix}/blobs/uploads/?digest=${digest}`;
    return (await send({ method: 'POST', path, body }, [201])) !== undefined;
  }

  for (const child of image.children) {
    if (!(await pushOnce(exchange, tags, { repository, image: child, from }))) return false;
  }
  for (const [digest, body] of image.blobs) if (!(await pushBlob(digest, body))) return false;
  if (tag !== undefined) tags.attempt(repository, tag, image);
  const path = `${prefix}/manifests/${tag ?? image.digest}`;
  const headers = { 'Content-Type': image.mediaType };
  const put = await send({ method: 'PUT', path, headers, body: image.content }, [201]);
  if (put && tag !== undefined) tags.acknowledge(repository, tag, image);
  return put !== undefined;
}

/**
 * Pulls what a tag leads to, every byte of it.
 * @returns what is wrong, or the image among the candidates; undefined when there is no such tag
 * @throws ConnectionLost
 */
export async function pullTag(
  exchange: Exchange,
  { repository, tag, candidates }: { repository: string; tag: string; candidates: readonly Image[] },
): Promise<Image | string | undefined> {
  const name = `${repository}:${tag}`;
  const path = `/v2/${repository}/manifests/${tag}`;
  const headers = { Accept: [...new Set(candidates.map(({ mediaType }) => mediaType))].join(', ') };
  const { status, body } = await exchange.send({ method: 'GET', path, headers });
  if (status === 404) return undefined;
  if (status !== 200) return `${name} was answered ${status}: ${body.toString()}`;
  const digest = digestOf(body);
  const image = candidates.find((candidate) => candidate.digest === digest);
  if (!image) return `${name} leads to ${digest}, which was not pushed to it last`;
  const problem = await pullContent(exchange, repository, image);
  return problem === undefined ? image : `${name}: ${problem}`;
}

async function pullContent(
  exchange: Exchange,
  repository: string,
  image: Image,
): Promise<string | undefined> {
  for (const child of image.children) {
    const path = `/v2/${repository}/manifests/${child.digest}`;
    const { status, body } = await exchange.send({
      method: 'GET',
      path,
      headers: { Accept: child.mediaType },
    });
    if (status !== 200 || digestOf(body) !== child.digest)
      return `manifest ${child.digest} was answered ${status}`;
    const problem = await pullContent(exchange, repository, child);
    if (problem !== undefined) return problem;
  }
  for (const digest of image.blobs.keys()) {
    const path = `/v2/${repository}/blobs/${digest}`;
    const { status, body } = await exchange.send({ method: 'GET', path });
    if (status !== 200 || digestOf(body) !== digest) return `blob ${digest} was answered ${status}`;
  }
  return undefined;
}
