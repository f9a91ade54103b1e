import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RegistryUnderTest, startRegistry } from './registry-under-test.ts';
import { createRun } from './run-under-test.ts';

let registry: RegistryUnderTest;
beforeAll(async () => {
  registry = await startRegistry();
}, 30_000);
afterAll(async () => {
  await registry.stop();
});

const digestOf = (content: Buffer | string): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function push(content: Buffer): Promise<string> {
  const start = await registry.call({ method: 'POST', path: '/v2/app/blobs/uploads/' });
  const location = new URL(String(start.headers.location), 'https://localhost');
  location.searchParams.set('digest', digestOf(content));
  const { port, agent } = registry;
  const path = `${location.pathname}${location.search}`;
  const status = await new Promise((resolve, reject) => {
    const sent = request({ host: 'localhost', port, agent, method: 'PUT', path }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject);
    sent.end(content);
  });
  expect(status).toBe(201);
  return digestOf(content);
}

function download(digest: string): Promise<IncomingMessage> {
  const { port, agent } = registry;
  return new Promise((resolve, reject) => {
    const sent = request({ host: 'localhost', port, agent, path: `/v2/app/blobs/${digest}` }, resolve);
    sent.on('error', reject);
    sent.end();
  });
}

it('a long download does not prolong the window: the old worker finishes it, and takes no new request', async () => {
  const content = randomBytes(48 * 1024 * 1024);
  const digest = await push(content);
  const kept = await registry.call(
    {
      method: 'PUT',
      path: '/v2/app/manifests/v1',
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    },
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest, size: content.length },
      layers: [],
    }),
  );
  expect(kept.status).toBe(201);
  await push(Buffer.from('nobody needs me'));
  const slow = await download(digest);
  const old = (await registry.state()).workers.map(({ pid }) => pid);
  const confirmed = await createRun(registry, { run: 'long' }).whole();
  expect(confirmed.collection?.counts.blobsDeleted).toBe(1);
  const draining = confirmed.workers.filter(({ pid }) => old.includes(pid));
  expect(draining).toMatchObject([{ phase: 'draining', takesRequests: false, requestsInFlight: 1 }]);
  await push(Buffer.from('after the window'));
  const hash = createHash('sha256');
  for await (const chunk of slow) hash.update(chunk as Buffer);
  expect(`sha256:${hash.digest('hex')}`).toBe(digest);
  // The old worker waits for the connection that its client keeps.
  registry.agent.destroy();
  await registry.stateUntil(({ workers }) => workers.every(({ pid }) => !old.includes(pid)), 10_000);
});
