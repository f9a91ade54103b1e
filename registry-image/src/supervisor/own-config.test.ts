import { createHash, createHmac } from 'node:crypto';
import { statSync, utimesSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blobPath, layerLinkPath } from '../storage/paths.ts';
import { makeTestCertificate } from '../tls/test-certificates.ts';
import { type RegistryUnderTest, type Setup, startRegistry } from './registry-under-test.ts';

const digest = `sha256:${createHash('sha256').update('content').digest('hex')}`;

async function start(
  config: Setup['config'],
  maintenance?: Setup['maintenance'],
): Promise<RegistryUnderTest> {
  const registry = await startRegistry({ config, ...(maintenance && { maintenance }) });
  onTestFinished(async () => void (await registry.stop()));
  return registry;
}

async function push(registry: RegistryUnderTest): Promise<number> {
  const path = `/v2/app/blobs/uploads/?digest=${digest}`;
  const headers = { 'content-length': 'content'.length };
  return (await registry.call({ method: 'POST', path, headers }, 'content')).status;
}

describe('http', () => {
  it('listens at addr', async () => {
    const registry = await start({ http: { addr: '127.0.0.2:0' } });
    expect(registry.address).toMatch(/^127\.0\.0\.2:\d+$/);
    expect((await registry.call({ path: '/v2/', host: '127.0.0.2', servername: 'localhost' })).status).toBe(
      200,
    );
  });

  it('signs the state of an upload with secret', async () => {
    const registry = await start({});
    const answer = await registry.call({ method: 'POST', path: '/v2/app/blobs/uploads/' });
    const state = new URL(String(answer.headers.location)).searchParams.get('_state') ?? '';
    const bytes = Buffer.from(state, 'base64url');
    // What registry-under-test.ts sets REGISTRY_HTTP_SECRET to.
    const signature = createHmac('sha256', 'for tests').update(bytes.subarray(32)).digest();
    expect(bytes.subarray(0, 32)).toEqual(signature);
  });

  it.each([true, false])('debug.prometheus: enabled %s, at its path', async (enabled) => {
    const registry = await start({
      http: { debug: { addr: '127.0.0.1:0', prometheus: { enabled, path: '/figures' } } },
    });
    const port = Number(
      /"debug endpoint listening".* address="127\.0\.0\.1:(\d+)"/.exec(registry.output())?.[1],
    );
    await registry.call({ path: '/v2/' });
    expect(await plain(port, '/metrics')).toMatchObject({ status: 404 });
    const figures = await plain(port, '/figures');
    expect(figures.status).toBe(enabled ? 200 : 404);
    expect(figures.text.includes('registry_http_in_flight_requests')).toBe(enabled);
  });
});

describe('wharfinger', () => {
  it('forks as many workers as it says', async () => {
    const registry = await start({ wharfinger: { workers: 3 } });
    const { workers } = await registry.stateUntil((state) => state.workers.length === 3);
    expect(new Set(workers.map(({ pid }) => pid)).size).toBe(3);
  });

  it('is maintained by the files of maintenance.directory', async () => {
    const registry = await start({}, { 'registry.json': '{"readOnly": true}' });
    expect(await push(registry)).toBe(405);
    const other = await start(
      { wharfinger: { maintenance: { directory: registry.directory } } },
      { 'registry.json': '{"readOnly": true}' },
    );
    expect(await push(other)).toBe(201);
  });

  it('state: answers at addr, with its certificate and key, to who has a certificate of clientca alone', async () => {
    const registry = await start({});
    expect((await registry.state()).pod).toBe('pod-0');
    const { ca } = registry.stateAgent.options;
    const port = registry.statePort;
    await expect(registry.call({ port, path: '/state', agent: false, ca })).rejects.toThrow();
    const foreign = makeTestCertificate('foreign');
    const credentials = { cert: foreign.certificate, key: foreign.key };
    await expect(registry.call({ port, path: '/state', agent: false, ca, ...credentials })).rejects.toThrow();
    // The serving certificate is another one, so whoever trusts that alone must refuse this endpoint.
    const { agent } = registry;
    await expect(registry.call({ port, path: '/state', agent })).rejects.toThrow(/self-signed/);
  });

  it.each([
    ['24h', true],
    ['0s', false],
  ])('gc.minage %s: a HEAD renews a lease: %s', async (minage, renews) => {
    const registry = await start({ wharfinger: { gc: { minage } } });
    expect(await push(registry)).toBe(201);
    const link = join(registry.directory, 'data', layerLinkPath('app', digest));
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(link, old, old);
    const head = await registry.call({ method: 'HEAD', path: `/v2/app/blobs/${digest}` });
    expect(head.status).toBe(200);
    expect(statSync(link).mtimeMs > old.getTime() + 1_000).toBe(renews);
    expect(statSync(join(registry.directory, 'data', blobPath(digest))).isDirectory()).toBe(true);
  });

  it.each([
    [{ timeout: '400ms' }, 400, 3_000],
    [{ timeout: '20s', limit: 0 }, 0, 3_000],
  ])('hold %o: a write is held that long in a window, and so many are', async (hold, least, most) => {
    const window = { deadline: new Date(Date.now() + 30_000).toISOString() };
    const collection = JSON.stringify({ run: 'first', attempt: 0, window });
    const registry = await start({ wharfinger: { hold } }, { 'collection.json': collection });
    const began = performance.now();
    expect(await push(registry)).toBe(405);
    const held = performance.now() - began;
    expect(held).toBeGreaterThanOrEqual(least);
    expect(held).toBeLessThan(most);
  });
});

function plain(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
