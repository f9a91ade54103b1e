import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, indexOf, manifestOf, types } from '../registry.ts';

const unknown = digestOf('nobody has this');

export const pull: readonly Check[] = [
  {
    title: 'names follow the grammar and others are refused',
    shows: ['manifest-pull-1', 'B9', 'error:NAME_INVALID'],
    async run(registry) {
      const long = `${'a'.repeat(120)}/${'b'.repeat(60)}/${'c'.repeat(40)}`;
      for (const name of [
        'one',
        'a/b/c/d/e',
        'a.b_c__d---e/f0',
        'component-of-more-than-thirty-characters/x',
        long,
      ]) {
        const repository = `${registry.repository}/${name}`.slice(0, 255);
        const manifest = await registry.pushImage('latest', { repository });
        const got = await registry.call('GET', `/v2/${repository}/manifests/latest`);
        expect([got.status, got.text]).toEqual([200, manifest.content]);
      }
      for (const name of ['Upper', '-a', 'a-', 'a..b', 'a___b', 'a//b', 'a%20b', '.a', 'a'.repeat(256)]) {
        const answer = await registry.call('GET', `/v2/${name}/tags/list`);
        expect([name, answer.status, answer.codes()]).toEqual([name, 400, ['NAME_INVALID']]);
      }
    },
  },
  {
    title: 'a manifest is named by a tag or a digest only',
    shows: ['manifest-pull-2', 'manifest-pull-3', 'B9'],
    async run(registry) {
      const tags = ['a', '_a', 'A.b-c_d', '0', 'x'.repeat(128)];
      for (const tag of tags) await registry.pushImage(tag);
      for (const tag of tags) {
        const answer = await registry.call('GET', `/v2/${registry.repository}/manifests/${tag}`);
        expect([tag, answer.status]).toEqual([tag, 200]);
      }
      for (const reference of ['.a', '-a', 'x'.repeat(129), 'a%2Bb', 'sha256:abc', 'md5:00', 'a:b']) {
        const path = `/v2/${registry.repository}/manifests/${reference}`;
        expect([reference, (await registry.call('GET', path)).status]).toEqual([reference, 404]);
        expect([reference, (await registry.call('HEAD', path)).status]).toEqual([reference, 404]);
      }
    },
  },
  {
    title: 'a manifest is answered as it was pushed, by tag and by digest',
    shows: ['manifest-pull-4', 'manifest-pull-5', 'manifest-pull-6', 'manifest-pull-7', 'categories-1', 'B4'],
    async run(registry) {
      const image = await registry.pushImage('image');
      const index = indexOf([image]);
      expect((await registry.putManifest('index', index)).status).toBe(201);
      for (const [tag, manifest] of [
        ['image', image],
        ['index', index],
      ] as const) {
        for (const reference of [tag, manifest.digest]) {
          const answer = await registry.call('GET', `/v2/${registry.repository}/manifests/${reference}`, {
            headers: { accept: `${types.manifest}, ${types.index}` },
          });
          expect([answer.status, answer.text]).toEqual([200, manifest.content]);
          expect(answer.headers['content-type']).toBe(manifest.mediaType);
          expect(answer.headers['docker-content-digest']).toBe(manifest.digest);
        }
      }
    },
  },
  {
    title: 'Docker images and lists are answered as they were pushed',
    shows: ['manifest-pull-5', 'B4'],
    async run(registry) {
      const { config, layers } = JSON.parse((await registry.prepareImage()).content) as Record<
        string,
        object
      >;
      const image = manifestOf(
        { schemaVersion: 2, mediaType: types.dockerManifest, config, layers },
        types.dockerManifest,
      );
      const list = manifestOf(
        {
          schemaVersion: 2,
          mediaType: types.dockerList,
          manifests: [
            {
              mediaType: types.dockerManifest,
              digest: image.digest,
              size: image.content.length,
              platform: { architecture: 'amd64', os: 'linux' },
            },
          ],
        },
        types.dockerList,
      );
      for (const [tag, manifest] of [
        ['image', image],
        ['list', list],
      ] as const) {
        expect((await registry.putManifest(tag, manifest)).status).toBe(201);
        const answer = await registry.call('GET', `/v2/${registry.repository}/manifests/${tag}`, {
          headers: { accept: manifest.mediaType },
        });
        expect([answer.status, answer.text]).toEqual([200, manifest.content]);
        expect(answer.headers['content-type']).toBe(manifest.mediaType);
        expect(answer.headers['docker-content-digest']).toBe(manifest.digest);
      }
    },
  },
  {
    title: 'a manifest that is not there is answered 404',
    shows: ['manifest-pull-8', 'existence-4', 'error:MANIFEST_UNKNOWN'],
    async run(registry) {
      await registry.pushImage('latest');
      for (const reference of ['missing', unknown]) {
        const path = `/v2/${registry.repository}/manifests/${reference}`;
        const got = await registry.call('GET', path);
        expect([got.status, got.codes()]).toEqual([404, ['MANIFEST_UNKNOWN']]);
        const head = await registry.call('HEAD', path);
        expect([head.status, head.body.length]).toEqual([404, 0]);
      }
    },
  },
  {
    title: 'a blob is answered whole, with its digest',
    shows: ['blob-pull-1', 'blob-pull-2', 'blob-pull-3', 'B6'],
    async run(registry) {
      for (const algorithm of ['sha256', 'sha512']) {
        const content = Buffer.from(`a blob of ${algorithm}`);
        const digest = await registry.pushBlob(content, { algorithm });
        const answer = await registry.call('GET', `/v2/${registry.repository}/blobs/${digest}`);
        expect([answer.status, answer.body]).toEqual([200, content]);
        expect(answer.headers['docker-content-digest']).toBe(digestOf(answer.body, algorithm));
        expect(answer.headers['content-length']).toBe(String(content.length));
      }
    },
  },
  {
    title: 'a blob that is not in the repository is answered 404',
    shows: ['blob-pull-4', 'existence-4', 'error:BLOB_UNKNOWN'],
    async run(registry) {
      const elsewhere = await registry.pushBlob('elsewhere', { repository: `${registry.repository}/other` });
      for (const digest of [unknown, elsewhere]) {
        const path = `/v2/${registry.repository}/blobs/${digest}`;
        const got = await registry.call('GET', path);
        expect([got.status, got.codes()]).toEqual([404, ['BLOB_UNKNOWN']]);
        expect((await registry.call('HEAD', path)).status).toBe(404);
      }
    },
  },
  {
    title: 'a range of a blob is answered as HTTP says',
    shows: ['blob-pull-5', 'B6', 'error:RANGE_INVALID'],
    async run(registry) {
      const content = 'abcdefghij';
      const digest = await registry.pushBlob(content);
      const path = `/v2/${registry.repository}/blobs/${digest}`;
      const parts = { '0-0': 'a', '2-4': 'cde', '7-': 'hij', '-2': 'ij', '8-99': 'ij', '-99': content };
      for (const [range, part] of Object.entries(parts)) {
        const answer = await registry.call('GET', path, { headers: { range: `bytes=${range}` } });
        expect([range, answer.status, answer.text]).toEqual([range, 206, part]);
        const start = content.indexOf(part);
        expect(answer.headers['content-range']).toBe(`bytes ${start}-${start + part.length - 1}/10`);
      }
      for (const range of ['10-', '99-100', '-0', '5-2']) {
        const answer = await registry.call('GET', path, { headers: { range: `bytes=${range}` } });
        expect([range, answer.status, answer.codes()]).toEqual([range, 416, ['RANGE_INVALID']]);
        expect(answer.headers['content-range']).toBe('bytes */10');
      }
      const other = await registry.call('GET', path, { headers: { range: 'lines=1-2' } });
      expect([other.status, other.text]).toEqual([200, content]);
      const changed = await registry.call('GET', path, {
        headers: { range: 'bytes=1-2', 'if-range': '"another"' },
      });
      expect([changed.status, changed.text]).toEqual([200, content]);
    },
  },
  {
    title: 'HEAD tells what GET would, without the body',
    shows: ['existence-1', 'existence-2', 'existence-3', 'api-1'],
    async run(registry) {
      const image = await registry.pushImage('latest');
      const blob = await registry.pushBlob('content');
      const paths = {
        [`manifests/latest`]: image.digest,
        [`manifests/${image.digest}`]: image.digest,
        [`blobs/${blob}`]: blob,
      };
      for (const [path, digest] of Object.entries(paths)) {
        const head = await registry.call('HEAD', `/v2/${registry.repository}/${path}`);
        const got = await registry.call('GET', `/v2/${registry.repository}/${path}`);
        expect([path, head.status, head.body.length]).toEqual([path, 200, 0]);
        expect(head.headers['content-length']).toBe(String(got.body.length));
        expect(head.headers['docker-content-digest']).toBe(digest);
        for (const name of ['content-type', 'etag', 'cache-control', 'accept-ranges'])
          expect([name, head.headers[name]]).toEqual([name, got.headers[name]]);
      }
    },
  },
  {
    title: 'what a client has already is answered 304',
    shows: ['B4', 'B6', 'api-1'],
    async run(registry) {
      const image = await registry.pushImage('latest');
      const blob = await registry.pushBlob('content');
      for (const [path, digest] of [
        ['manifests/latest', image.digest],
        [`blobs/${blob}`, blob],
      ] as const) {
        const url = `/v2/${registry.repository}/${path}`;
        for (const etag of [`"${digest}"`, `W/"${digest}"`, `"x", "${digest}"`, '*']) {
          const answer = await registry.call('GET', url, { headers: { 'if-none-match': etag } });
          expect([path, etag, answer.status, answer.body.length]).toEqual([path, etag, 304, 0]);
          expect(answer.headers['etag']).toBe(`"${digest}"`);
        }
        expect((await registry.call('GET', url, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
      }
    },
  },
];
