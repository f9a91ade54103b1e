import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobDataPath } from '../storage/paths.ts';
import { type Answer, type RegistryUnderTest, startRegistry } from './registry-under-test.ts';

const uploads = 24;
const kills = 2;

let registry: RegistryUnderTest;
/** Uploads whose commit was killed half-way: a purge takes them later. */
const halfCommitted: string[] = [];
beforeAll(async () => {
  registry = await startRegistry();
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

/** A new one for each request. */
function connection(): { port: number; agent: false; ca: RegistryUnderTest['agent']['options']['ca'] } {
  return { port: registry.port, agent: false, ca: registry.agent.options.ca };
}

/** Asks again when the connection breaks: all workers may just have been killed. */
async function persistently(method: string, path: string): Promise<Answer> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      return await registry.call({ method, path, ...connection() });
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`${method} ${path} was never answered`);
}

/** Sends a body in small pieces with pauses; gives the status, or undefined when the connection broke. */
function patchSlowly(path: string, body: Buffer, start: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = {
      'content-length': body.length,
      'content-range': `${start}-${start + body.length - 1}`,
    };
    const options = { host: 'localhost', ...connection(), headers };
    const sent = request({ ...options, method: 'PATCH', path }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sent.on('error', () => resolve(undefined));
    const send = (offset: number): void => {
      const end = Math.min(body.length, offset + randomInt(1, 9_000));
      sent.write(body.subarray(offset, end));
      if (end < body.length) setTimeout(send, randomInt(0, 40), end);
      else sent.end();
    };
    send(0);
  });
}

/** Pushes a blob and goes on from the offset that the registry tells whenever the connection breaks; gives those offsets. */
async function push(content: Buffer): Promise<number[]> {
  const started = await persistently('POST', '/v2/app/blobs/uploads/');
  const { pathname } = new URL(String(started.headers.location), 'https://localhost');
  const resumedAt: number[] = [];
  for (let offset = 0; offset < content.length;) {
    const status = await patchSlowly(pathname, content.subarray(offset), offset);
    const now = await persistently('GET', pathname);
    expect(now.status).toBe(204);
    const last = Number(/^0-(\d+)$/.exec(String(now.headers.range))?.[1]);
    offset = last === 0 ? 0 : last + 1;
    if (status === undefined) resumedAt.push(offset);
    else expect([status, offset]).toEqual([202, content.length]);
  }
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const done = await persistently('PUT', `${pathname}?digest=${digest}`);
  if (done.status !== 404) {
    expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digest]);
    return resumedAt;
  }
  // An attempt whose answer was lost has done it already.
  if ((await persistently('HEAD', `/v2/app/blobs/${digest}`)).status === 200) return resumedAt;
  // Or it was killed in the moment between the two steps of a commit: the blob is there, whole, and not in the repository.
  expect(readFileSync(join(registry.directory, 'data', blobDataPath(digest)))).toEqual(content);
  halfCommitted.push(basename(pathname));
  return [...resumedAt, ...(await push(content))];
}

describe('uploads whose processes are killed', () => {
  it('go on from the offset that is told, whatever it is', async () => {
    const contents = Array.from({ length: uploads }, () => randomBytes(randomInt(300_000, 600_000)));
    const pushes = contents.map((content) => push(content));
    const killing = (async () => {
      for (let kill = 0; kill < kills; kill++) {
        await registry.stateUntil(
          ({ workers }) => workers.filter(({ phase }) => phase === 'serving').length === 2,
          15_000,
        );
        await sleep(randomInt(500, 1_000));
        const { workers } = await registry.state();
        for (const { pid } of workers) process.kill(pid, 'SIGKILL');
      }
    })();
    const resumedAt = (await Promise.all(pushes)).flat();
    await killing;
    expect(resumedAt.length).toBeGreaterThanOrEqual(uploads);
    expect(new Set(resumedAt).size).toBeGreaterThan(uploads / 2);
    for (const content of contents) {
      const digest = createHash('sha256').update(content).digest('hex');
      expect((await persistently('HEAD', `/v2/app/blobs/sha256:${digest}`)).status).toBe(200);
    }
    const left = join(registry.directory, 'data/docker/registry/v2/repositories/app/_uploads');
    expect(readdirSync(left).sort()).toEqual(halfCommitted.sort());
    expect(halfCommitted.length).toBeLessThanOrEqual(kills);
  }, 60_000);
});
