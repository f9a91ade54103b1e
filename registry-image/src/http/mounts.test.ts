import { describe, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { startServer } from './test-server.ts';

describe('a mount', () => {
  const digest = digestOf('content');

  it('links a blob of another repository', async () => {
    const server = await startServer();
    await server.pushBlob('a', 'content');
    const response = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`);
    expect([
      response.status,
      response.headers.get('location'),
      response.headers.get('docker-content-digest'),
    ]).toEqual([201, `${server.url}/v2/b/blobs/${digest}`, digest]);
    expect(await (await server.request('GET', `/v2/b/blobs/${digest}`)).text()).toBe('content');
  });

  it('without `from` links a blob that can be found, and starts an upload when it cannot', async () => {
    const server = await startServer();
    await server.pushBlob('a/deeply/nested', 'content');
    const response = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digest}`);
    expect([response.status, response.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect(await (await server.request('GET', `/v2/b/blobs/${digest}`)).text()).toBe('content');
    const missing = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digestOf('nowhere')}`);
    expect([missing.status, missing.headers.get('docker-upload-uuid')]).toEqual([202, expect.any(String)]);
  });

  it('without `from` never links what the user may not pull', async () => {
    const server = await startServer({
      yaml: 'wharfinger: {access: [{anonymous: true, repositories: [b, c], actions: [pull, push]}]}',
    });
    const writer = await startServer({ rootDirectory: server.rootDirectory });
    await writer.pushBlob('a', 'content');
    const secret = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digest}`);
    expect(secret.status).toBe(202);
    expect((await server.request('GET', `/v2/b/blobs/${digest}`)).status).toBe(404);
    await writer.pushBlob('c', 'content');
    expect((await server.request('POST', `/v2/b/blobs/uploads/?mount=${digest}`)).status).toBe(201);
  });

  it.each(['&from=nobody', '&from=', '&from=_wrong'])(
    'that cannot be done (%s) becomes an upload',
    async (from) => {
      const server = await startServer();
      await server.pushBlob('a', 'content');
      const response = await server.request('POST', `/v2/b/blobs/uploads/?mount=${digest}${from}`);
      expect(response.status).toBe(202);
      expect((await server.request('GET', `/v2/b/blobs/${digest}`)).status).toBe(404);
    },
  );
});
