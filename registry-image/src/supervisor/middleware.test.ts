import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { blobDataPath } from '../storage/paths.ts';
import { startRegistry } from './registry-under-test.ts';

it('middleware and log settings hold in the workers', async () => {
  const registry = await startRegistry({
    config: {
      middleware: { storage: [{ name: 'redirect', options: { baseurl: 'https://cdn.example/' } }] },
      log: { fields: { team: 'a' }, reportcaller: true },
    },
  });
  onTestFinished(async () => void (await registry.stop()));
  const content = 'a blob';
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const headers = { 'Content-Length': content.length, 'Content-Type': 'application/octet-stream' };
  const pushed = await registry.call(
    { method: 'POST', path: `/v2/a/blobs/uploads/?digest=${digest}`, headers },
    content,
  );
  expect(pushed.status).toBe(201);
  const { status, headers: answered } = await registry.call({ path: `/v2/a/blobs/${digest}` });
  expect([status, answered.location]).toEqual([307, `https://cdn.example${blobDataPath(digest)}`]);
  await expect.poll(registry.output).toMatch(/ msg=request .*team=a .*path="\/v2\/a\/blobs\/sha256/);
  expect(registry.output()).toMatch(/ msg="worker listening" .*file="supervisor\/pool\.ts:\d+" func=ready/);
});

it('a middleware that cannot work ends the start with one sentence', async () => {
  const options = {
    baseurl: 'https://cdn.example/',
    privatekey: '/nowhere/key.pem',
    keypairid: 'K',
  };
  const started = startRegistry({ config: { middleware: { storage: [{ name: 'cloudfront', options }] } } });
  await expect(started).rejects.toThrow(
    'middleware.storage.0.options.privatekey: the file /nowhere/key.pem cannot be read (ENOENT); mount it there',
  );
});
