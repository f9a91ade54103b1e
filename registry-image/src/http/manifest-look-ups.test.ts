import { describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { tagCurrentLinkPath } from '../storage/paths.ts';
import { startServer, type TestServer } from './test-server.ts';

async function registryOf({ driver, gate }: TestServer): Promise<Registry> {
  const { config } = parseConfig('version: 0.1\nstorage: {cache: {blobdescriptor: inmemory}}', {});
  return createRegistry({ driver, gate, config });
}

describe('GETs of one manifest at the same time', () => {
  it('are answered together', async () => {
    const server = await startServer();
    const { digest } = await server.pushImage('a', 'v1', 'layer');
    const { manifests } = await registryOf(server);
    await manifests.get('a', { tag: 'v1' });
    const reads = vi.spyOn(server.driver, 'getContent');
    const found = await Promise.all(Array.from({ length: 8 }, () => manifests.get('a', { tag: 'v1' })));
    expect(new Set(found.map((manifest) => manifest.digest))).toEqual(new Set([digest]));
    // The link of the tag: for the first alone, and then for the seven that came meanwhile.
    expect(reads.mock.calls.length).toBe(2);
  });

  it('see what was pushed before they asked, however long another has been looking', async () => {
    const server = await startServer();
    const before = await server.pushImage('a', 'v1', 'layer');
    const { manifests } = await registryOf(server);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const read = server.driver.getContent.bind(server.driver);
    let calls = 0;
    vi.spyOn(server.driver, 'getContent').mockImplementation(async (path) => {
      const content = await read(path);
      if (path === tagCurrentLinkPath('a', 'v1') && calls++ === 0) await held;
      return content;
    });
    const first = manifests.get('a', { tag: 'v1' });
    const after = await server.pushImage('a', 'v1', 'other layer');
    const second = manifests.get('a', { tag: 'v1' });
    release();
    expect([(await first).digest, (await second).digest]).toEqual([before.digest, after.digest]);
  });

  it('are told apart by repository and reference', async () => {
    const server = await startServer();
    const one = await server.pushImage('a', 'v1', 'layer');
    const two = await server.pushImage('a', 'v2', 'other layer');
    const { manifests } = await registryOf(server);
    const [v1, v2, byDigest, missing] = await Promise.allSettled([
      manifests.get('a', { tag: 'v1' }),
      manifests.get('a', { tag: 'v2' }),
      manifests.get('a', { digest: one.digest }),
      manifests.get('b', { tag: 'v1' }),
    ]);
    expect([v1, v2, byDigest].map((got) => got.status === 'fulfilled' && got.value.digest)).toEqual([
      one.digest,
      two.digest,
      one.digest,
    ]);
    expect(missing.status).toBe('rejected');
  });
});
