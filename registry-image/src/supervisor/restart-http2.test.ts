import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TransportClient } from '../http/transport-client.ts';
import { makeTestCertificate } from '../tls/test-certificates.ts';
import { type RegistryUnderTest, type Setup, startRegistry } from './registry-under-test.ts';

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

async function push(client: TransportClient, text: string): Promise<number> {
  return (
    await client.request('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf(text)}`, { body: text })
  ).status;
}

/** A PUT whose body takes `milliseconds`. */
async function pushSlowly(client: TransportClient, text: string, milliseconds: number): Promise<number> {
  const { headers } = await client.request('POST', '/v2/team/app/blobs/uploads/');
  const { pathname, search } = new URL(headers['location'] ?? '');
  const body = Readable.from(
    (async function* slowly(): AsyncGenerator<Buffer> {
      yield Buffer.from(text.slice(0, 5));
      await sleep(milliseconds);
      yield Buffer.from(text.slice(5));
    })(),
  );
  return (await client.request('PUT', `${pathname}${search}&digest=${digestOf(text)}`, { body })).status;
}

async function restart(registry: RegistryUnderTest, nonce: string): Promise<void> {
  const before = await registry.state();
  registry.mount('maintenance', {
    'collection.json': JSON.stringify({ run: 'r', attempt: 0, restart: nonce }),
  });
  const after = await registry.stateUntil(
    (state) => state.restart?.nonce === nonce && state.restart.done,
    10_000,
  );
  const old = new Set(before.workers.map((worker) => `${worker.pid} ${worker.startTime}`));
  const takers = after.workers.filter((worker) => worker.takesRequests);
  expect(takers).toHaveLength(2);
  for (const worker of takers) expect(old).not.toContain(`${worker.pid} ${worker.startTime}`);
}

/** Sends requests through three restarts, and gives what did not succeed, and how many did. */
async function loadThroughRestarts(
  registry: RegistryUnderTest,
  clients: readonly TransportClient[],
): Promise<{ failures: unknown[]; requests: number }> {
  const failures: unknown[] = [];
  let requests = 0;
  const over = new AbortController();
  async function work(action: () => Promise<number>, pause: number): Promise<void> {
    while (!over.signal.aborted) {
      const status = await action().catch((error: unknown) => String(error));
      if (status !== 200 && status !== 201) failures.push(status);
      requests++;
      await sleep(Math.random() * pause);
    }
  }
  const read = async (client: TransportClient): Promise<number> =>
    (await client.request('GET', '/v2/')).status;
  const loops = clients.flatMap((client, index) => [
    work(() => read(client), index * 250),
    work(() => read(client), index * 250),
    work(() => push(client, `${index} ${requests}`), index * 250),
    work(() => pushSlowly(client, `slowly ${index} ${requests}`, 600), index * 500),
  ]);
  for (const nonce of ['one', 'two', 'three']) await restart(registry, nonce);
  over.abort();
  await Promise.all(loops);
  return { failures, requests };
}

async function startWith(setup: Setup): Promise<RegistryUnderTest> {
  const registry = await startRegistry(setup);
  onTestFinished(() => void registry.stop());
  return registry;
}

describe('restart in place', () => {
  it('fails no request on sessions of HTTP/2, busy or resting', { timeout: 90_000 }, async () => {
    const registry = await startWith({});
    const clients = Array.from({ length: 4 }, () => registry.client('http2-tls'));
    onTestFinished(() => clients.forEach((client) => client.close()));
    const { failures, requests } = await loadThroughRestarts(registry, clients);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(150);
    // A session that rests is ended, and with it the worker that it kept.
    await registry.stateUntil(({ workers }) => workers.length === 2, 10_000);
  });

  it('fails no request where clients must show a certificate', { timeout: 90_000 }, async () => {
    const authority = makeTestCertificate('authority');
    const { certificate: cert, key } = makeTestCertificate('client', authority);
    const registry = await startWith({ clientCa: authority.certificate });
    await expect(registry.client('http2-tls').request('GET', '/v2/')).rejects.toThrow();
    const clients = (['http1-tls', 'http2-tls', 'http2-tls'] as const).map((transport) =>
      registry.client(transport, { cert, key }),
    );
    onTestFinished(() => clients.forEach((client) => client.close()));
    const { failures, requests } = await loadThroughRestarts(registry, clients);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(100);
  });
});
