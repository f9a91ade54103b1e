import { expect } from 'vitest';
import { imageManifest, startServer, type TestServer } from '../http/test-server.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';

/** A store that a real server made: an image `v1` and `v2`, an index, the same layer in a second repository, an upload. */
export interface Made {
  readonly v1: Digest;
  readonly v2: Digest;
  readonly index: Digest;
  readonly child: Digest;
  readonly layer: Digest;
  readonly lonely: Digest;
  readonly upload: string;
}

/** Makes the store; it ends with the test that asks for it. */
export async function makeStore(): Promise<{ root: string; made: Made }> {
  const server = await startServer();
  const request: TestServer['request'] = (...call) => server.request(...call);
  const first = await server.pushImage('team/app', 'v1', 'layer one');
  const second = await server.pushImage('team/app', 'v2', 'layer two');
  const config = await server.pushBlob('team/app', '{}');
  const childText = imageManifest({ config, layers: [[first.layer, 9]], extra: { annotations: { a: 'b' } } });
  const child = digestOf(childText);
  const put = async (reference: string, type: string, body: string): Promise<void> => {
    const path = `/v2/team/app/manifests/${reference}`;
    const answer = await request('PUT', path, { body, headers: { 'Content-Type': type } });
    expect(answer.status).toBe(201);
  };
  await put(child, mediaTypes.ociManifest, childText);
  const indexText = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ mediaType: mediaTypes.ociManifest, digest: child, size: childText.length }],
  });
  await put('multi', mediaTypes.ociIndex, indexText);
  const lonely = await server.pushBlob('other', 'pushed and never used');
  const mounted = await request('POST', `/v2/other/blobs/uploads/?mount=${first.layer}&from=team/app`);
  expect(mounted.status).toBe(201);
  const started = await request('POST', '/v2/team/app/blobs/uploads/');
  const made = {
    v1: first.digest,
    v2: second.digest,
    index: digestOf(indexText),
    child,
    layer: first.layer,
    lonely,
    upload: started.headers.get('docker-upload-uuid') ?? '',
  };
  return { root: server.rootDirectory, made };
}
