import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { createManifestRules } from '../registry/manifest-rules.ts';
import { codesOf, imageManifest, startServer, type TestServer } from './test-server.ts';

const absent = digestOf('absent');
const foreignType = mediaTypes.dockerForeignLayer;
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const elsewhereType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';

function withRules(rules: string): Promise<TestServer> {
  return startServer({ yaml: `storage: {delete: {enabled: true}}\n${rules}` });
}

async function putLayer(server: TestServer, layer: object, configType?: string): Promise<Response> {
  const config = await server.pushBlob('a', '{}');
  const body = JSON.stringify({
    ...(JSON.parse(imageManifest({ config, layers: [] })) as object),
    config: { mediaType: configType ?? 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
    layers: [{ size: 1, ...layer }],
  });
  return put(server, body, mediaTypes.ociManifest);
}

function put(server: TestServer, body: string, type: string): Promise<Response> {
  return server.request('PUT', '/v2/a/manifests/v1', { body, headers: { 'Content-Type': type } });
}

function putIndex(server: TestServer, children: object[]): Promise<Response> {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: children });
  return put(server, body, mediaTypes.ociIndex);
}

function child(digest: Digest, platform?: object): object {
  return { mediaType: mediaTypes.ociManifest, digest, size: 1, ...(platform && { platform }) };
}

describe('validation.manifests.urls', () => {
  const layer = { mediaType: elsewhereType, digest: absent };
  const good = 'https://layers.example.com/x';

  it.each<[string, string, string, boolean]>([
    ['nothing', '{}', good, false],
    ['allow', '{allow: ["^https?://([^/]+\\\\.)*example\\\\.com/"]}', good, true],
    ['allow', '{allow: ["^https?://([^/]+\\\\.)*example\\\\.com/"]}', 'https://example.org/x', false],
    ['allow of several', '{allow: [nothing, example]}', good, true],
    ['Go syntax', '{allow: ["(?i)^HTTPS://\\\\pL+\\\\."]}', good, true],
    ['deny', '{deny: [evil]}', good, true],
    ['deny', '{deny: [evil, example]}', good, false],
    ['both', '{allow: [example], deny: [layers]}', good, false],
    ['allow', '{allow: [.]}', `${good}#part`, false],
    ['allow', '{allow: [.]}', 'ftp://layers.example.com/x', false],
    ['allow', '{allow: [.]}', 'no URL', false],
  ])('%s %s: %s is taken: %s', async (_, urls, url, taken) => {
    const server = await withRules(`validation: {manifests: {urls: ${urls}}}`);
    const response = await putLayer(server, { ...layer, urls: [url] });
    expect(response.status).toBe(taken ? 201 : 400);
    if (taken) return;
    expect(await response.json()).toEqual({
      errors: [
        { code: 'MANIFEST_INVALID', message: 'invalid URL on layer', detail: { digest: absent, url } },
      ],
    });
  });

  it('are not looked at when validation is disabled', async () => {
    const server = await withRules('validation: {disabled: true}');
    expect((await putLayer(server, { ...layer, urls: [good] })).status).toBe(201);
  });

  it('are matched in a moment, whatever the client sends', async () => {
    const server = await withRules('validation: {manifests: {urls: {allow: ["^https://(a+)+$"]}}}');
    const started = performance.now();
    expect((await putLayer(server, { ...layer, urls: [`https://${'a'.repeat(50_000)}!`] })).status).toBe(400);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('that are no regular expressions of Go are told at the start', async () => {
    for (const urls of ['{allow: ["a(b"]}', '{deny: ["(?=x)"]}']) {
      const { config } = parseConfig(
        `version: 0.1\nstorage: {filesystem: {}}\nvalidation: {manifests: {urls: ${urls}}}`,
        {},
      );
      await expect(createManifestRules(config)).rejects.toThrow(
        /^validation\.manifests\.urls\.(allow|deny): ".+" is not a regular expression of Go: /,
      );
    }
  });
});

describe('a layer that lies elsewhere', () => {
  const urls = ['https://example.com/x'];

  it.each<[string, object, number, string[]]>([
    ['Docker’s foreign one with URLs', { mediaType: foreignType, digest: absent, urls }, 201, []],
    ['Docker’s foreign one without', { mediaType: foreignType, digest: absent }, 400, ['MANIFEST_INVALID']],
    ['a non-distributable one with URLs', { mediaType: elsewhereType, digest: absent, urls }, 201, []],
    [
      'a non-distributable one without',
      { mediaType: elsewhereType, digest: absent },
      400,
      ['MANIFEST_BLOB_UNKNOWN'],
    ],
    [
      'an ordinary one with URLs',
      { mediaType: layerType, digest: absent, urls },
      400,
      ['MANIFEST_BLOB_UNKNOWN'],
    ],
  ])('%s is answered %#', async (_, layer, status, codes) => {
    const server = await withRules('validation: {manifests: {urls: {allow: [.]}}}');
    const response = await putLayer(server, layer);
    expect(response.status).toBe(status);
    if (status !== 201) expect(await codesOf(response)).toEqual(codes);
  });
});

describe('validation.manifests.indexes.platforms', () => {
  const linux = { os: 'linux', architecture: 'amd64' };
  const list = 'platforms: list, platformlist: [{os: linux, architecture: amd64}]';

  it.each<[string, object | undefined, number]>([
    ['platforms: all', linux, 400],
    ['platforms: none', linux, 201],
    [list, linux, 400],
    [list, { os: 'linux', architecture: 'arm64' }, 201],
    [list, undefined, 201],
    ['platforms: list', linux, 400],
  ])('%s: a child of %j that is missing is answered %i', async (indexes, platform, status) => {
    const server = await withRules(`validation: {manifests: {indexes: {${indexes}}}}`);
    const response = await putIndex(server, [child(absent, platform)]);
    expect(response.status).toBe(status);
    if (status !== 201) expect(await codesOf(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });

  it('counts for nothing when validation is disabled, but layers must be there all the same', async () => {
    const server = await withRules('validation: {disabled: true}');
    expect((await putIndex(server, [child(absent)])).status).toBe(201);
    const response = await putLayer(server, { mediaType: layerType, digest: absent });
    expect(await codesOf(response)).toEqual(['MANIFEST_BLOB_UNKNOWN']);
  });
});

it('an index may name indexes, and layers as build caches do', async () => {
  const server = await startServer();
  const { digest, layer } = await server.pushImage('a', 'v0', 'layer');
  const inner = await putIndex(server, [child(digest)]);
  const innerDigest = inner.headers.get('docker-content-digest') as Digest;
  const response = await putIndex(server, [
    { mediaType: mediaTypes.ociIndex, digest: innerDigest, size: 1 },
    { mediaType: layerType, digest: layer, size: 5 },
  ]);
  expect([inner.status, response.status]).toEqual([201, 201]);
});

describe('policy.repository.classes', () => {
  const docker = 'application/vnd.docker.container.image.v1+json';
  const plugin = 'application/vnd.docker.plugin.v1+json';
  const oci = 'application/vnd.oci.image.config.v1+json';
  const other = 'application/vnd.example+json';

  it.each<[string, string, string | undefined]>([
    ['[]', other, undefined],
    ['[image]', docker, undefined],
    ['[image]', oci, undefined],
    ['[image]', plugin, 'registry does not allow plugin manifest'],
    ['[plugin]', plugin, undefined],
    ['[plugin]', oci, 'registry does not allow image manifest'],
    ['[image, plugin]', other, `unknown manifest class for ${other}`],
    ['[artifact]', other, undefined],
  ])('%s: an image with a config of %s', async (classes, configType, refusal) => {
    const server = await withRules(`policy: {repository: {classes: ${classes}}}`);
    const digest = await server.pushBlob('a', 'layer');
    const response = await putLayer(server, { mediaType: layerType, digest }, configType);
    expect(response.status).toBe(refusal === undefined ? 201 : 403);
    if (refusal === undefined) return;
    expect(await response.json()).toEqual({ errors: [{ code: 'DENIED', message: refusal }] });
  });

  it('let every index in', async () => {
    const server = await withRules('policy: {repository: {classes: [plugin]}}');
    expect((await putIndex(server, [])).status).toBe(201);
  });
});
