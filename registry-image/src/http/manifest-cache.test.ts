import { describe, expect, it, vi } from 'vitest';
import type { Digest } from '../registry/digest.ts';
import { blobPath, revisionPath } from '../storage/paths.ts';
import { startServer, type TestServer } from './test-server.ts';

const on = 'storage: {delete: {enabled: true}, cache: {blobdescriptor: inmemory}}';

async function get(server: TestServer, reference: string): Promise<number> {
  const response = await server.request('GET', `/v2/a/manifests/${reference}`);
  await response.arrayBuffer();
  return response.status;
}

/** Files read for one GET of a manifest that was asked for before. */
async function readsFor(server: TestServer, reference: string): Promise<number> {
  await get(server, reference);
  const reads = vi.spyOn(server.driver, 'getContent');
  expect(await get(server, reference)).toBe(200);
  const count = reads.mock.calls.length;
  reads.mockRestore();
  return count;
}

describe('storage.cache.blobdescriptor', () => {
  it('inmemory saves reading a manifest again', async () => {
    const server = await startServer({ yaml: on });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const off = await startServer({ rootDirectory: server.rootDirectory });
    expect(await readsFor(off, digest)).toBe(1);
    expect(await readsFor(server, digest)).toBe(0);
    // The link of the tag.
    expect(await readsFor(server, 'v1')).toBe(1);
  });

  it('takes its older name', async () => {
    const server = await startServer({ yaml: 'storage: {cache: {layerinfo: inmemory}}' });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    expect(await readsFor(server, digest)).toBe(0);
  });

  it('never answers for a manifest whose link another process took', async () => {
    const server = await startServer({ yaml: on });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    expect(await get(server, digest)).toBe(200);
    await server.driver.delete(revisionPath('a', digest));
    for (const reference of [digest, 'v1']) {
      expect(await get(server, reference)).toBe(404);
      expect((await server.request('HEAD', `/v2/a/manifests/${reference}`)).status).toBe(404);
    }
    await server.pushImage('a', 'v1', 'layer');
    expect(await get(server, 'v1')).toBe(200);
  });

  it.each<[string, (server: TestServer, digest: Digest) => Promise<unknown>]>([
    ['data', (server, digest) => server.driver.delete(blobPath(digest))],
    [
      'data, of which a crash left nothing',
      (server, digest) => server.driver.putContent(`${blobPath(digest)}/data`, ''),
    ],
  ])('never tells one who may push that it is there without its %s', async (_, take) => {
    const server = await startServer({ yaml: on });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    expect(await get(server, digest)).toBe(200);
    await take(server, digest);
    for (const reference of [digest, 'v1']) {
      expect((await server.request('HEAD', `/v2/a/manifests/${reference}`)).status).toBe(404);
      expect(await get(server, reference)).toBe(404);
    }
    await server.pushImage('a', 'v1', 'layer');
    expect(await get(server, 'v1')).toBe(200);
  });

  it('does not keep what is damaged, which may be mended', async () => {
    const server = await startServer({ yaml: on });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const right = await server.driver.getContent(`${blobPath(digest)}/data`);
    const damaged = right.toString().replace('"schemaVersion":2', '"schemaVersion":3');
    await server.driver.putContent(`${blobPath(digest)}/data`, damaged);
    expect(await get(server, digest)).toBe(200);
    await server.driver.putContent(`${blobPath(digest)}/data`, right);
    const response = await server.request('GET', `/v2/a/manifests/${digest}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(right)).toBe(true);
  });

  it('costs one operation on the storage by digest, two by tag', async () => {
    const server = await startServer({ yaml: on });
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const stats = vi.spyOn(server.driver, 'stat');
    const reads = vi.spyOn(server.driver, 'getContent');
    for (const [reference, expected] of [
      [digest, [1, 0]],
      ['v1', [1, 1]],
    ] as const) {
      await get(server, reference);
      stats.mockClear();
      reads.mockClear();
      expect(await get(server, reference)).toBe(200);
      expect([stats.mock.calls.length, reads.mock.calls.length]).toEqual(expected);
    }
  });

  it.each([
    [1, 1],
    [2, 0],
    [0, 0],
  ])('keeps blobdescriptorsize of them: with %i, the last but one costs %i reads', async (size, cost) => {
    const server = await startServer({
      yaml: `storage: {cache: {blobdescriptor: inmemory, blobdescriptorsize: ${size}}}`,
    });
    const first = await server.pushImage('a', 'v1', 'layer');
    const second = await server.pushImage('a', 'v2', 'other layer');
    await get(server, first.digest);
    await get(server, second.digest);
    const reads = vi.spyOn(server.driver, 'getContent');
    await get(server, first.digest);
    expect(reads.mock.calls.length).toBe(cost);
  });

  it('keeps no large manifests, and not more than 16 MiB of small ones', async () => {
    const server = await startServer({
      yaml: 'storage: {cache: {blobdescriptor: inmemory, blobdescriptorsize: 0}}',
    });
    const large = await server.pushImage('a', 'large', 'layer', {
      annotations: { long: 'x'.repeat(300_000) },
    });
    expect(await readsFor(server, large.digest)).toBe(1);
    const digests: Digest[] = [];
    for (let count = 0; count < 70; count++) {
      const annotations = { count: String(count), long: 'x'.repeat(250_000) };
      const { digest } = await server.pushImage('a', 'v1', 'layer', { annotations });
      digests.push(digest);
      await get(server, digest);
    }
    const reads = vi.spyOn(server.driver, 'getContent');
    await get(server, digests.at(-1) ?? '');
    expect(reads.mock.calls.length).toBe(0);
    await get(server, digests[0] ?? '');
    expect(reads.mock.calls.length).toBe(1);
  });
});
