import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, expectStatus, type Manifest, manifestOf, type Registry, types } from '../registry.ts';

type Schema1 = {
  readonly schemaVersion: number;
  readonly name: string;
  readonly tag: string;
  readonly fsLayers: { blobSum: string }[];
  readonly history: { v1Compatibility: string }[];
  readonly signatures: { header: object; signature: string; protected: string }[];
};

/** Pushes a Docker image of one layer that can be converted. */
async function pushDockerImage(registry: Registry, tag: string): Promise<Manifest> {
  const archive = Buffer.alloc(1024);
  const layer = gzipSync(archive);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    history: [{ created: '2020-01-01T00:00:00Z', created_by: 'a test' }],
  });
  const manifest = manifestOf(
    {
      schemaVersion: 2,
      mediaType: types.dockerManifest,
      config: {
        mediaType: 'application/vnd.docker.container.image.v1+json',
        digest: await registry.pushBlob(config),
        size: config.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
          digest: await registry.pushBlob(layer),
          size: layer.length,
        },
      ],
    },
    types.dockerManifest,
  );
  expectStatus(await registry.putManifest(tag, manifest), 201);
  return manifest;
}

/** Docker schema 1. */
export const schema1: readonly Check[] = [
  {
    title: 'a Docker image is converted for clients that know schema 1 alone',
    shows: ['B5'],
    async run(registry) {
      const image = await pushDockerImage(registry, 'latest');
      const path = `/v2/${registry.repository}/manifests`;
      const got = await registry.call('GET', `${path}/latest`);
      expect([got.status, got.headers['content-type']]).toEqual([200, types.schema1]);
      const converted = got.json() as Schema1;
      expect(converted).toMatchObject({ schemaVersion: 1, name: registry.repository, tag: 'latest' });
      expect(converted.fsLayers).toHaveLength(converted.history.length);
      expect(converted.signatures).toHaveLength(1);
      const digest = got.headers['docker-content-digest'];
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(digest).not.toBe(image.digest);
      expect(got.headers['etag']).toBe(`"${digest}"`);
      const head = await registry.call('HEAD', `${path}/latest`);
      expect(head.headers['docker-content-digest']).toBe(digest);
      expect(head.headers['content-type']).toBe(types.schema1);
      for (const [reference, accept] of [
        ['latest', types.dockerManifest],
        [image.digest, ''],
      ] as const) {
        const stored = await registry.call('GET', `${path}/${reference}`, {
          headers: accept ? { accept } : {},
        });
        expect([reference, stored.headers['content-type'], stored.text]).toEqual([
          reference,
          types.dockerManifest,
          image.content,
        ]);
      }
    },
  },
  {
    title: 'a signed manifest of schema 1 is taken, another is refused',
    shows: ['B5', 'error:MANIFEST_UNVERIFIED', 'error:TAG_INVALID'],
    setup: 'schema 1',
    async run(registry) {
      await pushDockerImage(registry, 'latest');
      const path = `/v2/${registry.repository}/manifests`;
      const converted = await registry.call('GET', `${path}/latest`);
      const manifest = { content: converted.text, mediaType: types.schema1 };
      for (const { blobSum } of (converted.json() as Schema1).fsLayers)
        expect((await registry.call('GET', `/v2/${registry.repository}/blobs/${blobSum}`)).status).toBe(200);
      const put = await registry.putManifest('latest', manifest);
      expect([put.status, put.codes()]).toEqual([201, []]);
      const other = await registry.putManifest('other', manifest);
      expect([other.status, other.codes()]).toEqual([400, ['TAG_INVALID']]);
      const forged = await registry.putManifest('latest', {
        ...manifest,
        content: converted.text.replace('"amd64"', '"arm64"'),
      });
      expect([forged.status, forged.codes()]).toEqual([400, ['MANIFEST_UNVERIFIED']]);
    },
  },
  {
    title: 'a manifest of schema 1 is refused clearly unless it is switched on',
    shows: ['B5', 'error:MANIFEST_INVALID'],
    async run(registry) {
      await pushDockerImage(registry, 'latest');
      const converted = await registry.call('GET', `/v2/${registry.repository}/manifests/latest`);
      const put = await registry.putManifest('latest', { content: converted.text, mediaType: types.schema1 });
      expect([put.status, put.codes()]).toEqual([400, ['MANIFEST_INVALID']]);
      expect(put.text).toMatch(/schema ?1/i);
    },
  },
];
