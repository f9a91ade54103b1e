import { describe, expect, test } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { trashPath } from '../storage/paths.ts';
import { startServer, type TestServer } from './test-server.ts';

/** An index of two images, one of which was deleted since, beside something that a collection has swept. */
async function startWithIncompleteIndex(): Promise<{ server: TestServer; digest: string; content: string }> {
  const server = await startServer({ yaml: 'storage: {delete: {enabled: true}}' });
  const kept = await server.pushImage('app', 'kept', 'kept layer');
  const gone = await server.pushImage('app', 'gone', 'gone layer', { annotations: { of: 'gone' } });
  const manifests = [kept, gone].map(({ digest }) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: 1,
  }));
  const content = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  expect((await putIndex(server, 'index', content)).status).toBe(201);
  expect((await server.request('DELETE', `/v2/app/manifests/${gone.digest}`)).status).toBe(202);
  await server.driver.putContent(trashPath('run-1', '/swept'), '');
  return { server, digest: digestOf(content), content };
}

function putIndex(server: TestServer, reference: string, content: string): Promise<Response> {
  const headers = { 'Content-Type': mediaTypes.ociIndex };
  return server.request('PUT', `/v2/app/manifests/${reference}`, { body: content, headers });
}

describe('an index that has lost a platform, until the second mark', () => {
  test('is there for a client that asks by HEAD and digest first', async () => {
    const { server, digest } = await startWithIncompleteIndex();
    expect((await server.request('HEAD', `/v2/app/manifests/${digest}`)).status).toBe(200);
  });

  test('can be listed by another index, as at any other time', async () => {
    const { server, digest } = await startWithIncompleteIndex();
    const manifests = [{ mediaType: mediaTypes.ociIndex, digest, size: 1 }];
    const outer = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
    expect((await putIndex(server, 'outer', outer)).status).toBe(201);
  });
});
