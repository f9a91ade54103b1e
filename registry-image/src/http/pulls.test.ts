import { expect, it, vi } from 'vitest';
import { pullsRoot } from '../storage/paths.ts';
import { startServer } from './test-server.ts';

it('C12: the log of pulls hears of a GET of a manifest, not of a HEAD', async () => {
  const server = await startServer();
  const pulled = await server.pushImage('team/a', 'v1', 'layer');
  const looked = await server.pushImage('team/a', 'v2', 'another layer');
  await server.request('GET', '/v2/team/a/manifests/v1');
  await server.request('HEAD', '/v2/team/a/manifests/v2');
  await server.request('GET', `/v2/team/a/manifests/${looked.layer}`);
  await vi.waitFor(
    async () => {
      const [day] = await server.driver.children(pullsRoot);
      const [file] = await server.driver.list(`${pullsRoot}/${day?.name}`);
      const text = (await server.driver.getContent(file?.path ?? '')).toString();
      expect(text).toBe(`${day?.name} team/a ${pulled.digest}\n`);
    },
    { timeout: 10_000 },
  );
});
