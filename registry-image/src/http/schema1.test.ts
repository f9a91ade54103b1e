import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CollectionOptions } from '../config/maintenance.ts';
import { collect } from '../gc/collect.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { emptyLayerDigest } from '../registry/schema1/empty-layer.ts';
import { keyId } from '../registry/schema1/key.ts';
import { signPretty, verifyPretty } from '../registry/schema1/signature.ts';
import { blobDataPath, layerLinkPath } from '../storage/paths.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';

const signed = mediaTypes.dockerSchema1Signed;
const enabled = 'storage: {delete: {enabled: true}}\ncompatibility: {schema1: {enabled: true}}';
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const config = JSON.stringify({
  architecture: 'amd64',
  rootfs: { diff_ids: ['layer'] },
  history: [{ created_by: 'ADD' }, { created_by: 'CMD', empty_layer: true }],
});

async function pushDocker(server: TestServer, tag: string, text = config): Promise<Digest> {
  const parts = [await server.pushBlob('a', text), await server.pushBlob('a', 'layer')] as const;
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: parts[0],
      size: text.length,
    },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: parts[1], size: 5 }],
  });
  const headers = { 'Content-Type': mediaTypes.dockerManifest };
  expect((await server.request('PUT', `/v2/a/manifests/${tag}`, { body, headers })).status).toBe(201);
  return digestOf(body);
}

function schema1(fields: object = {}): Buffer {
  const layers: Digest[] = [emptyLayerDigest, digestOf('layer')];
  return Buffer.from(
    JSON.stringify(
      {
        schemaVersion: 1,
        name: 'a',
        tag: 'v1',
        architecture: 'amd64',
        fsLayers: layers.map((blobSum) => ({ blobSum })),
        history: layers.map(() => ({ v1Compatibility: '{}' })),
        ...fields,
      },
      null,
      3,
    ),
  );
}

function put(
  server: TestServer,
  body: Buffer,
  path = '/v2/a/manifests/v1',
  type: string = signed,
): Promise<Response> {
  return server.request('PUT', path, { body, headers: { 'Content-Type': type } });
}

describe('an image of Docker schema 2', () => {
  it.each([{}, { Accept: '*/*' }, { Accept: 'application/json' }, { Accept: mediaTypes.ociManifest }])(
    'is answered in schema 1 by tag to %j',
    async (headers) => {
      const server = await startServer();
      const digest = await pushDocker(server, 'v1');
      const answer = await server.request('GET', '/v2/a/manifests/v1', { headers });
      const body = Buffer.from(await answer.arrayBuffer());
      const payload = verifyPretty(body);
      expect(JSON.parse(payload.toString())).toMatchObject({ schemaVersion: 1, name: 'a', tag: 'v1' });
      expect(answer.headers.get('content-type')).toBe(signed);
      expect(answer.headers.get('content-length')).toBe(String(body.length));
      expect(answer.headers.get('docker-content-digest')).toBe(digestOf(payload));
      expect(answer.headers.get('docker-content-digest')).not.toBe(digest);
      expect(answer.headers.get('etag')).toBe(`"${digestOf(payload)}"`);
      expect(answer.headers.get('vary')).toBe('Accept');
      // "MUST specify a warn-code of 299 and a warn-agent of -".
      expect(answer.headers.get('warning')).toMatch(/^299 - "[^"]+"$/);
    },
  );

  it('is answered alike by every process, to HEAD as to GET', async () => {
    const server = await startServer();
    await pushDocker(server, 'v1');
    const other = await startServer({ rootDirectory: server.rootDirectory });
    const [get, head] = [
      await server.request('GET', '/v2/a/manifests/v1'),
      await other.request('HEAD', '/v2/a/manifests/v1'),
    ];
    for (const name of ['content-length', 'content-type', 'docker-content-digest', 'etag']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name));
    }
    const etag = get.headers.get('etag') ?? '';
    const again = await other.request('GET', '/v2/a/manifests/v1', { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
  });

  it.each([
    mediaTypes.dockerManifest,
    `${mediaTypes.ociIndex}, ${mediaTypes.dockerManifest};q=0.5, */*;q=0.1`,
  ])('is answered as it is to Accept: %s', async (accept) => {
    const server = await startServer();
    const digest = await pushDocker(server, 'v1');
    const answer = await server.request('GET', '/v2/a/manifests/v1', { headers: { Accept: accept } });
    expect(answer.headers.get('content-type')).toBe(mediaTypes.dockerManifest);
    expect(digestOf(await answer.text())).toBe(digest);
    expect(answer.headers.get('warning')).toBeNull();
  });

  it('is converted once for all who ask, and not what the tag names later', async () => {
    const server = await startServer();
    await pushDocker(server, 'v1');
    const first = Buffer.from(await (await server.request('GET', '/v2/a/manifests/v1')).arrayBuffer());
    const reads = vi.spyOn(server.driver, 'getContent');
    const again = Buffer.from(await (await server.request('GET', '/v2/a/manifests/v1')).arrayBuffer());
    expect(again).toEqual(first);
    expect(reads.mock.calls.filter(([path]) => path === blobDataPath(digestOf(config)))).toEqual([]);
    await pushDocker(server, 'v1', config.replace('amd64', 'arm64'));
    const other = await (await server.request('GET', '/v2/a/manifests/v1')).json();
    expect(other).toMatchObject({ architecture: 'arm64' });
  });

  it.each([`${mediaTypes.dockerManifest};q=0`, `*/*, ${mediaTypes.dockerManifest} ; q=0.000`])(
    'is answered in schema 1 to who refuses schema 2 by %s',
    async (accept) => {
      const server = await startServer();
      await pushDocker(server, 'v1');
      const answer = await server.request('GET', '/v2/a/manifests/v1', { headers: { Accept: accept } });
      expect(answer.headers.get('content-type')).toBe(signed);
    },
  );

  it.each([mediaTypes.dockerManifest.toUpperCase(), `a/b;q=0 ,${mediaTypes.dockerManifest};a="b";q=0.1`])(
    'is answered as it is to who accepts it by %s',
    async (accept) => {
      const server = await startServer();
      await pushDocker(server, 'v1');
      const answer = await server.request('GET', '/v2/a/manifests/v1', { headers: { Accept: accept } });
      expect(answer.headers.get('content-type')).toBe(mediaTypes.dockerManifest);
    },
  );

  it('is answered as it is when its config is too large to be converted for everybody who asks', async () => {
    const server = await startServer();
    const large = JSON.stringify({ ...(JSON.parse(config) as object), x: '<'.repeat(128 * 1024) });
    await pushDocker(server, 'large', large);
    const answer = await server.request('GET', '/v2/a/manifests/large');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, mediaTypes.dockerManifest]);
  });

  it('is answered as it is by digest, and when it cannot be converted', async () => {
    const server = await startServer();
    const digest = await pushDocker(server, 'v1');
    const odd = await pushDocker(server, 'odd', '{"history": []}');
    const long = await pushDocker(server, 'long', config.padEnd(4 * 1024 * 1024 + 1));
    for (const [reference, expected] of [
      [digest, digest],
      ['odd', odd],
      ['long', long],
    ]) {
      const answer = await server.request('GET', `/v2/a/manifests/${reference}`);
      expect(digestOf(await answer.text())).toBe(expected);
    }
  });
});

it('an OCI image and an index are answered as they are, whatever is accepted', async () => {
  const server = await startServer();
  const { digest } = await server.pushImage('a', 'image', 'layer');
  const manifests = [{ mediaType: mediaTypes.ociManifest, digest, size: 1 }];
  for (const mediaType of [mediaTypes.dockerList, mediaTypes.ociIndex]) {
    const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
    await put(server, Buffer.from(body), '/v2/a/manifests/index', mediaType);
    const index = await server.request('GET', '/v2/a/manifests/index', { headers: { Accept: 'x/y' } });
    expect([index.status, await index.text()]).toEqual([200, body]);
  }
  const image = await server.request('GET', '/v2/a/manifests/image', { headers: { Accept: 'x/y' } });
  expect([image.status, digestOf(await image.text())]).toEqual([200, digest]);
});

it('a converted manifest is signed with the key of compatibility.schema1.signingkeyfile', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'wharfinger-key-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'key.json');
  await writeFile(file, JSON.stringify(key.export({ format: 'jwk' })));
  const server = await startServer({
    yaml: `storage: {}\ncompatibility: {schema1: {signingkeyfile: ${file}}}`,
  });
  await pushDocker(server, 'v1');
  const { signatures } = (await (await server.request('GET', '/v2/a/manifests/v1')).json()) as {
    signatures: { header: object }[];
  };
  expect(signatures).toMatchObject([{ header: { alg: 'ES256', jwk: { kid: keyId(key) } } }]);
});

describe('the empty layer', () => {
  it('is served where a manifest is, although nothing writes it', async () => {
    const readOnly = 'storage: {maintenance: {readonly: {enabled: true}}}';
    const writable = await startServer();
    await pushDocker(writable, 'v1');
    const server = await startServer({ rootDirectory: writable.rootDirectory, yaml: readOnly });
    const writes = vi.spyOn(server.driver, 'putContent');
    const answer = await server.request('GET', `/v2/a/blobs/${emptyLayerDigest}`);
    const body = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, digestOf(body)]).toEqual([200, emptyLayerDigest]);
    expect(answer.headers.get('docker-content-digest')).toBe(emptyLayerDigest);
    const part = await server.request('GET', `/v2/a/blobs/${emptyLayerDigest}`, {
      headers: { Range: 'bytes=1-4' },
    });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, body.subarray(1, 5)]);
    const head = await server.request('HEAD', `/v2/a/blobs/${emptyLayerDigest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '32']);
    expect(writes).not.toHaveBeenCalled();
    await expect(server.driver.stat(blobDataPath(emptyLayerDigest))).rejects.toThrow();
    const elsewhere = await server.request('HEAD', `/v2/other/blobs/${emptyLayerDigest}`);
    expect(elsewhere.status).toBe(404);
  });

  it('is stored anew where a crash left nothing of it', async () => {
    const server = await startServer({ yaml: enabled });
    await server.pushBlob('a', 'layer');
    await server.driver.putContent(blobDataPath(emptyLayerDigest), '');
    expect((await put(server, signPretty(schema1(), key))).status).toBe(201);
  });

  it('is stored once a manifest refers to it, for a client that was told that it is there', async () => {
    const server = await startServer();
    const { config: digest } = await server.pushImage('a', 'v1', 'layer');
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: { mediaType: 'x', digest, size: 2 },
      layers: [{ mediaType: 'y', digest: emptyLayerDigest, size: 32 }],
    });
    expect(
      (await put(server, Buffer.from(body), '/v2/a/manifests/v2', mediaTypes.dockerManifest)).status,
    ).toBe(201);
    expect(digestOf(await server.driver.getContent(blobDataPath(emptyLayerDigest)))).toBe(emptyLayerDigest);
    expect((await server.driver.getContent(layerLinkPath('a', emptyLayerDigest))).toString()).toBe(
      emptyLayerDigest,
    );
  });
});

describe('PUT of a manifest of schema 1', () => {
  it('is refused unless compatibility.schema1.enabled', async () => {
    const server = await startServer();
    await server.pushBlob('a', 'layer');
    const refused = await put(server, signPretty(schema1(), key));
    const text = await refused.text();
    expect([refused.status, text]).toEqual([400, expect.stringContaining('compatibility.schema1.enabled')]);
    expect(text).toContain('MANIFEST_INVALID');
  });

  it.each([signed, mediaTypes.dockerSchema1, 'application/json', ''])(
    'of the type %j is stored without its signatures and answered with one, to GET and HEAD',
    async (type) => {
      const server = await startServer({ yaml: enabled });
      await server.pushBlob('a', 'layer');
      const digest = digestOf(schema1());
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
      const body = signPretty(schema1(), key);
      const pushed = await server.request('PUT', '/v2/a/manifests/v1', { body, headers });
      expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, digest]);
      expect(await server.driver.getContent(blobDataPath(digest))).toEqual(schema1());
      const off = await startServer({ rootDirectory: server.rootDirectory });
      for (const reference of ['v1', digest]) {
        const answer = await off.request('GET', `/v2/a/manifests/${reference}`);
        expect(answer.headers.get('content-type')).toBe(signed);
        expect(answer.headers.get('docker-content-digest')).toBe(digest);
        expect(verifyPretty(Buffer.from(await answer.arrayBuffer()))).toEqual(schema1());
        const head = await server.request('HEAD', `/v2/a/manifests/${reference}`);
        expect(head.headers.get('content-length')).toBe(answer.headers.get('content-length'));
      }
    },
  );

  it.each<[string, Buffer, string, number, string]>([
    ['unsigned', schema1(), 'v1', 400, 'MANIFEST_UNVERIFIED'],
    [
      'changed',
      Buffer.from(signPretty(schema1(), key).toString().replace('amd64', 'arm64')),
      'v1',
      400,
      'MANIFEST_UNVERIFIED',
    ],
    ['of another name', signPretty(schema1({ name: 'b' }), key), 'v1', 400, 'NAME_INVALID'],
    ['of another tag', signPretty(schema1({ tag: 'v2' }), key), 'v1', 400, 'TAG_INVALID'],
    ['of another digest', signPretty(schema1(), key), digestOf('x'), 400, 'DIGEST_INVALID'],
    ['without a history', signPretty(schema1({ history: [] }), key), 'v1', 400, 'MANIFEST_INVALID'],
    [
      'with a wrong digest',
      signPretty(schema1({ fsLayers: [{ blobSum: 'x' }, {}] }), key),
      'v1',
      400,
      'MANIFEST_INVALID',
    ],
    [
      'that says it is of another kind',
      signPretty(schema1({ mediaType: mediaTypes.ociIndex }), key),
      'v1',
      400,
      'MANIFEST_INVALID',
    ],
    [
      'that has fields of another kind',
      signPretty(schema1({ manifests: [{ digest: digestOf('x') }] }), key),
      'v1',
      400,
      'MANIFEST_INVALID',
    ],
    ['with a subject', signPretty(schema1({ subject: 5 }), key), 'v1', 400, 'MANIFEST_INVALID'],
    [
      'with a layer that is not there',
      signPretty(schema1({ fsLayers: [{ blobSum: digestOf('x') }, { blobSum: digestOf('layer') }] }), key),
      'v1',
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ],
  ])('%s is refused', async (_, body, reference, status, code) => {
    const server = await startServer({ yaml: enabled });
    await server.pushBlob('a', 'layer');
    const response = await put(server, body, `/v2/a/manifests/${reference}`);
    expect([response.status, await codesOf(response)]).toEqual([status, [code]]);
  });

  it('keeps its layers in a collection, the empty one too', async () => {
    const server = await startServer({ yaml: enabled });
    await server.pushBlob('a', 'layer');
    const dead = await server.pushBlob('a', 'dead');
    expect((await put(server, signPretty(schema1(), key))).status).toBe(201);
    await collect({
      driver: server.driver,
      options: CollectionOptions.parse({ deleteUntagged: true, minAge: 0 }),
      now: Date.now() + 1000,
      report: () => {},
      signal: new AbortController().signal,
      trash: 'run-0',
    });
    await expect(server.driver.stat(blobDataPath(dead))).rejects.toThrow();
    expect((await server.request('GET', '/v2/a/manifests/v1')).status).toBe(200);
    for (const digest of [digestOf('layer'), emptyLayerDigest]) {
      expect((await server.driver.stat(blobDataPath(digest))).size).toBeGreaterThan(0);
      expect((await server.request('GET', `/v2/a/blobs/${digest}`)).status).toBe(200);
    }
  });
});
