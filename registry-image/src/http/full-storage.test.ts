import { describe, expect, test, vi } from 'vitest';
import { layerLinkPath, revisionLinkPath, trashPath } from '../storage/paths.ts';
import { startServer, type TestServer } from './test-server.ts';

/** An image of yesterday in a registry whose storage takes nothing any more. */
async function startFull(
  code: string,
): Promise<{ server: TestServer } & Awaited<ReturnType<TestServer['pushImage']>>> {
  const server = await startServer();
  const image = await server.pushImage('app', 'v1', 'layer');
  const yesterday = Date.now() - 24 * 3_600_000;
  await server.driver.touch(revisionLinkPath('app', image.digest), yesterday);
  await server.driver.touch(layerLinkPath('app', image.layer), yesterday);
  spoil(server, code);
  return { server, ...image };
}

function spoil({ driver }: TestServer, code: string): void {
  const error = Object.assign(new Error(`${code}: write`), { code });
  for (const change of ['append', 'putContent', 'touch', 'move'] as const)
    vi.spyOn(driver, change).mockRejectedValue(error);
}

describe.each(['ENOSPC', 'EDQUOT', 'EROFS'])('a storage that takes nothing (%s)', (code) => {
  test('is pulled from, also by clients that ask by HEAD first and may push', async () => {
    const { server, digest, layer } = await startFull(code);
    const asked = [`manifests/v1`, `manifests/${digest}`, `blobs/${layer}`];
    for (const path of asked)
      for (const method of ['HEAD', 'GET'])
        expect([method, path, (await server.request(method, `/v2/app/${path}`)).status]).toEqual([
          method,
          path,
          200,
        ]);
  });

  test('is pulled from while the trash holds what a collection has swept', async () => {
    const server = await startServer();
    const { digest, layer } = await server.pushImage('app', 'v1', 'layer');
    for (const path of [revisionLinkPath('app', digest), layerLinkPath('app', layer)])
      await server.driver.move(path, trashPath('run-1', path));
    spoil(server, code);
    for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${layer}`])
      expect([path, (await server.request('HEAD', `/v2/app/${path}`)).status]).toEqual([path, 200]);
  });
});
