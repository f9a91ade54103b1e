import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, RegistryClient } from '../support/registry-client.ts';
import { withServer, type ServerKind } from '../support/server.ts';
import { blobsIn } from '../support/volumes.ts';

const peer: ServerKind = 'distribution 2.8.2';
const schema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
const schema2 = 'application/vnd.docker.distribution.manifest.v2+json';
const emptyLayer = 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4';
/** Both servers take it. */
const enabling = 'REGISTRY_COMPATIBILITY_SCHEMA1_ENABLED';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wharfinger-schema1-'));
  process.env[enabling] = 'true';
});
afterEach(() => {
  Reflect.deleteProperty(process.env, enabling);
  rmSync(root, { recursive: true, force: true });
});

function using<T>(kind: ServerKind, work: (client: RegistryClient) => Promise<T>): Promise<T> {
  return withServer({ kind, root }, work);
}

function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

async function pushBlob(client: RegistryClient, content: string): Promise<string> {
  const digest = digestOf(content);
  const started = await client.call('POST', '/v2/group/app/blobs/uploads/');
  const location = new URL(started.headers.location ?? '', 'http://here');
  location.searchParams.set('digest', digest);
  const path = location.pathname + location.search;
  expect((await client.call('PUT', path, { body: content })).status).toBe(201);
  return digest;
}

/** Pushes an image of schema 2 with this text as its config. */
async function pushImage(
  client: RegistryClient,
  tag: string,
  config: string,
  layers: string[],
): Promise<void> {
  const descriptors: object[] = [];
  for (const layer of layers) {
    const digest = await pushBlob(client, layer);
    const mediaType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
    descriptors.push({ mediaType, digest, size: layer.length });
  }
  const digest = await pushBlob(client, config);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: schema2,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest,
      size: Buffer.byteLength(config),
    },
    layers: descriptors,
  });
  const headers = { 'Content-Type': schema2 };
  expect((await client.call('PUT', `/v2/group/app/manifests/${tag}`, { body, headers })).status).toBe(201);
}

/** What the signatures are about. */
function payloadOf(body: Buffer): string {
  const { signatures } = JSON.parse(body.toString()) as { signatures: { protected: string }[] };
  const head = JSON.parse(Buffer.from(signatures[0]?.protected ?? '', 'base64url').toString()) as {
    formatLength: number;
    formatTail: string;
  };
  const tail = Buffer.from(head.formatTail, 'base64url');
  return Buffer.concat([body.subarray(0, head.formatLength), tail]).toString();
}

function headersOf({ status, headers }: Answer): object {
  const { 'content-type': type, 'content-length': length, 'docker-content-digest': digest, etag } = headers;
  return { status, type, length, digest, etag };
}

const rootfs = (...layers: string[]): object => ({ type: 'layers', diff_ids: layers.map(digestOf) });
const step = {
  created: '2024-05-06T07:08:09.120300000Z',
  created_by: '/bin/sh -c #(nop) ADD <x> & "y" in / ',
};

const images: [string, string, string[]][] = [
  [
    'an image with steps that made no layer',
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['sh', '-c', 'a < b && c > d'], ExposedPorts: { 80: {}, '443/tcp': {}, 9: {} } },
      rootfs: rootfs('one', 'two'),
      history: [
        { ...step, comment: 'first', author: 'A. & B. <a@b>' },
        { ...step, empty_layer: true },
        { ...step, created: '2024-05-06T07:08:09+02:00' },
        { created: '2024-05-06T07:08:09+00:00', created_by: 'ENTRYPOINT', empty_layer: true },
      ],
    }),
    ['one', 'two'],
  ],
  [
    'a config with a spelling of its own',
    `{ "os" : "linux",
       "architecture":"arm64", "memory": 18446744073709551615, "ratio": 1.0e+3,
       "text": "\\u00e9\\/\\u003c\u2028 <&> é\u{1F600}", "nothing": null,
       "config": { "b" : [ 1 , 2.50 ], "a": { } },
       "rootfs": {"type":"layers","diff_ids":["${digestOf('x')}"],"base_layer":"windows"},
       "history": [{"created_by":"a\\tb\\b\\u0007","empty_layer":true}, {"empty_layer":true}, {"created":null}] }`,
    ['x'],
  ],
];

describe('B5: an image of schema 2, asked for by tag without an Accept header', () => {
  test.each(images)('%s: both answer the same in schema 1', async (_, config, layers) => {
    const blobs = await using('wharfinger', async (client) => {
      await pushImage(client, 'v1', config, layers);
      return blobsIn(root);
    });
    const ours = await using('wharfinger', async (client) => {
      const answer = await client.call('GET', '/v2/group/app/manifests/v1');
      expect(headersOf(await client.call('HEAD', '/v2/group/app/manifests/v1'))).toEqual(headersOf(answer));
      for (const { blobSum } of (JSON.parse(answer.body.toString()) as { fsLayers: { blobSum: string }[] })
        .fsLayers) {
        const layer = await client.call('GET', `/v2/group/app/blobs/${blobSum}`);
        expect([layer.status, digestOf(layer.body)]).toEqual([200, blobSum]);
      }
      const accepted = await client.call('GET', '/v2/group/app/manifests/v1', {
        headers: { Accept: schema2 },
      });
      expect(accepted.headers['content-type']).toBe(schema2);
      return answer;
    });
    expect(await blobsIn(root)).toEqual(blobs);
    await using(peer, async (client) => {
      const theirs = await client.call('GET', '/v2/group/app/manifests/v1');
      expect(payloadOf(ours.body)).toBe(payloadOf(theirs.body));
      expect(headersOf(ours)).toEqual(headersOf(theirs));
      expect(ours.headers['content-type']).toBe(schema1);
      expect(digestOf(payloadOf(ours.body))).toBe(ours.headers['docker-content-digest']);
      // They verify our signature.
      const headers = { 'Content-Type': schema1 };
      const pushed = await client.call('PUT', '/v2/group/app/manifests/v1', { headers, body: ours.body });
      expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([
        201,
        theirs.headers['docker-content-digest'],
      ]);
    });
  });

  test('what one accepted in schema 1 the other serves, signed anew', async () => {
    const [[, config, layers]] = images as [[string, string, string[]]];
    const headers = { 'Content-Type': schema1 };
    const signed = await using(peer, async (client) => {
      await pushImage(client, 'v1', config, layers);
      return (await client.call('GET', '/v2/group/app/manifests/v1')).body;
    });
    const digest = digestOf(payloadOf(signed));
    await using('wharfinger', async (client) => {
      const pushed = await client.call('PUT', '/v2/group/app/manifests/v1', { headers, body: signed });
      expect([pushed.status, pushed.headers['docker-content-digest']]).toEqual([201, digest]);
    });
    for (const kind of [peer, 'wharfinger'] as const) {
      await using(kind, async (client) => {
        for (const reference of ['v1', digest]) {
          const answer = await client.call('GET', `/v2/group/app/manifests/${reference}`);
          expect([answer.status, answer.headers['content-type']]).toEqual([200, schema1]);
          expect(answer.headers['docker-content-digest']).toBe(digest);
          expect(payloadOf(answer.body)).toBe(payloadOf(signed));
          const again = await client.call('PUT', '/v2/group/app/manifests/v1', {
            headers,
            body: answer.body,
          });
          expect(again.status).toBe(201);
        }
        expect((await client.call('GET', `/v2/group/app/blobs/${emptyLayer}`)).status).toBe(200);
      });
    }
  });
});
