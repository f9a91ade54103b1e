import { expect, it } from 'vitest';
import { startServer } from '../http/test-server.ts';
import { emptyLayerDigest } from '../registry/schema1/empty-layer.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { createStoreFixture } from '../gc/store-fixture.ts';
import * as paths from '../storage/paths.ts';
import { verifyOnce } from './verify-fixture.ts';

it('finds nothing wrong with any manifest that the server takes', async () => {
  const server = await startServer();
  const config = await server.pushBlob('team/app', '{}');
  const descriptor = { mediaType: 'application/vnd.oci.empty.v1+json', digest: config, size: 2 };
  const nowhere = { mediaType: mediaTypes.ociManifest, digest: `sha256:${'0'.repeat(64)}`, size: 7 };
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
  const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptor };
  const manifests: Record<string, unknown>[] = [
    index,
    { ...index, manifests: null },
    { ...index, manifests: [], subject: nowhere },
    { schemaVersion: 2, manifests: null },
    { ...image, layers: null },
    { ...image, layers: [], subject: nowhere },
    { ...image, layers: [{ ...descriptor, size: 3 }] },
  ];
  for (const manifest of manifests) {
    const type = manifest['config'] === undefined ? mediaTypes.ociIndex : mediaTypes.ociManifest;
    const body = JSON.stringify(manifest);
    const answer = await server.request('PUT', '/v2/team/app/manifests/tag', {
      body,
      headers: { 'Content-Type': type },
    });
    expect([body, answer.status]).toEqual([body, 201]);
  }
  expect((await verifyOnce(server.rootDirectory, { repair: true })).found).toEqual([]);
});

it('finds nothing wrong with what other servers keep', async () => {
  const store = createStoreFixture();
  try {
    const size = 7;
    const elsewhere = { digest: `sha256:${'0'.repeat(64)}`, size, urls: ['https://example.com/layer'] };
    const config = store.layer('a', '{}');
    store.manifest('a', { config, layers: [elsewhere] }, { tag: 'urls' });
    store.manifest('a', { schemaVersion: 1, fsLayers: [{ blobSum: emptyLayerDigest }] }, { tag: 'schema1' });
    store.manifest('a', { mediaType: mediaTypes.ociArtifact, artifactType: 'x/y' }, { tag: 'artifact' });
    // What a deletion by distribution leaves.
    const { digest } = store.image('a', 'deleted', ['layer']);
    store.remove(paths.revisionLinkPath('a', digest));
    store.remove(paths.layerLinkPath('a', store.blob('layer').digest));
    expect((await verifyOnce(store.root, { repair: true })).found).toEqual([]);
  } finally {
    store.dispose();
  }
});
