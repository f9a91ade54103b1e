import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { descriptorOf, digestOf, expectStatus, location, manifestOf, types } from '../registry.ts';

const mebibyte = 1024 * 1024;

/** Pushing manifests. */
export const manifests: readonly Check[] = [
  {
    title: 'a manifest is kept byte for byte and can be pulled from its Location',
    shows: ['manifest-push-4', 'manifest-push-5', 'manifest-push-6', 'B4'],
    async run(registry) {
      const image = await registry.prepareImage();
      const content = `\n ${JSON.stringify(JSON.parse(image.content), undefined, 3)}\n\t`;
      for (const algorithm of ['sha256', 'sha512']) {
        const digest = digestOf(content, algorithm);
        for (const reference of ['latest', digest]) {
          const put = await registry.putManifest(reference, { ...image, content });
          expect([reference, put.status]).toEqual([reference, 201]);
          if (reference === digest) expect(put.headers['docker-content-digest']).toBe(digest);
          const got = await registry.call('GET', location(put));
          expect([got.status, got.text]).toEqual([200, content]);
        }
      }
    },
  },
  {
    title: 'a manifest is pushed by a tag or by its own digest only',
    shows: ['manifest-push-2', 'B9', 'error:TAG_INVALID', 'error:DIGEST_INVALID'],
    async run(registry) {
      const image = await registry.prepareImage();
      for (const tag of ['.a', '-a', 'x'.repeat(129), 'a%2Bb']) {
        const answer = await registry.putManifest(tag, image);
        expect([tag, answer.status, answer.codes()]).toEqual([tag, 400, ['TAG_INVALID']]);
      }
      for (const digest of [
        digestOf('other'),
        digestOf('other', 'sha512'),
        'sha256:abc',
        `md5:${'0'.repeat(32)}`,
      ]) {
        const answer = await registry.putManifest(digest, image);
        expect([digest, answer.status, answer.codes()]).toEqual([digest, 400, ['DIGEST_INVALID']]);
      }
      expect(
        (await registry.call('GET', `/v2/${registry.repository}/manifests/${image.digest}`)).status,
      ).toBe(404);
    },
  },
  {
    title: 'parameters of the Content-Type are ignored',
    shows: ['manifest-push-1', 'manifest-pull-4'],
    async run(registry) {
      const image = await registry.prepareImage();
      const mediaType = `${types.manifest}; charset=utf-8`;
      expect((await registry.putManifest('latest', { ...image, mediaType })).status).toBe(201);
      const got = await registry.call('GET', `/v2/${registry.repository}/manifests/latest`);
      expect([got.status, got.headers['content-type']]).toEqual([200, types.manifest]);
    },
  },
  {
    title: 'a manifest may have no layers; those that it has must be there',
    shows: ['manifest-push-3', 'push-2', 'B34', 'B8', 'error:MANIFEST_BLOB_UNKNOWN'],
    async run(registry) {
      const image = await registry.prepareImage();
      const document = JSON.parse(image.content) as { layers: object[] };
      const empty = manifestOf({ ...document, layers: [] });
      expect((await registry.putManifest('empty', empty)).status).toBe(201);

      const missing = [digestOf('missing one'), digestOf('missing two')];
      const layers = missing.map((digest) => ({ mediaType: types.layer, digest, size: 11 }));
      const broken = manifestOf({ ...document, layers: [...document.layers, ...layers] });
      const answer = await registry.putManifest('broken', broken);
      expect(answer.status).toBe(400);
      const { errors } = answer.json() as { errors: { code: string; message: string; detail: unknown }[] };
      expect(errors.map(({ code, message }) => [code, message])).toEqual(
        missing.map(() => ['MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry']),
      );
      for (const [index, digest] of missing.entries())
        expect(JSON.stringify(errors[index]?.detail)).toContain(digest);
      expect((await registry.call('GET', `/v2/${registry.repository}/manifests/broken`)).status).toBe(404);
    },
  },
  {
    title: 'tags are set by parameters of a push by digest',
    shows: ['manifest-push-7', 'manifest-push-8', 'B4'],
    async run(registry) {
      const image = await registry.prepareImage();
      const tags = Array.from({ length: 10 }, (_, index) => `tag-${index}`);
      const query = tags.map((tag) => `tag=${tag}`).join('&');
      const put = await registry.putManifest(`${image.digest}?${query}`, image);
      expect(put.status).toBe(201);
      const told = (put.headers['oci-tag'] ?? '').split(',').map((tag) => tag.trim());
      expect(told.sort()).toEqual(tags);
      const list = await registry.call('GET', `/v2/${registry.repository}/tags/list`);
      expect(list.json()['tags']).toEqual(tags);
      const wrong = await registry.putManifest(`${image.digest}?tag=ok&tag=.wrong`, image);
      expect([wrong.status, wrong.codes()]).toEqual([400, ['TAG_INVALID']]);
    },
  },
  {
    title: 'a pull from a repository that does not exist is answered 404',
    shows: ['manifest-push-9', 'error:NAME_UNKNOWN'],
    async run(registry) {
      const path = `/v2/${registry.repository}/nobody`;
      const digest = digestOf('x');
      for (const what of [`manifests/latest`, `manifests/${digest}`, `blobs/${digest}`, 'tags/list'])
        expect([what, (await registry.call('GET', `${path}/${what}`)).status]).toEqual([what, 404]);
      expect((await registry.call('GET', `${path}/tags/list`)).codes()).toEqual(['NAME_UNKNOWN']);
    },
  },
  {
    title: 'a manifest of 4 MiB is taken, a larger one is answered 413',
    shows: ['manifest-push-10', 'manifest-push-11', 'manifest-push-12', 'error:MANIFEST_INVALID'],
    async run(registry) {
      const image = await registry.prepareImage();
      const of = (size: number): string => image.content + ' '.repeat(size - image.content.length);
      const largest = of(4 * mebibyte);
      expectStatus(await registry.putManifest('large', { ...image, content: largest }), 201);
      const got = await registry.call('GET', `/v2/${registry.repository}/manifests/large`);
      expect([got.status, got.text === largest]).toEqual([200, true]);
      const answer = await registry.putManifest('larger', { ...image, content: of(4 * mebibyte + 1) });
      expect(answer.status).toBe(413);
      for (const content of ['', 'no JSON', '[]', '{}', 'null']) {
        const refused = await registry.putManifest('broken', { ...image, content });
        expect([content, refused.status, refused.codes()]).toEqual([content, 400, ['MANIFEST_INVALID']]);
      }
    },
  },
  {
    title: 'an index whose child is missing is refused unless that is allowed',
    shows: ['push-2', 'B34', 'error:MANIFEST_BLOB_UNKNOWN'],
    async run(registry) {
      const child = { ...manifestOf({ schemaVersion: 2 }), digest: digestOf('a child that is missing') };
      const platform = { architecture: 'arm64', os: 'linux' };
      const index = manifestOf(
        { schemaVersion: 2, mediaType: types.index, manifests: [{ ...descriptorOf(child), platform }] },
        types.index,
      );
      const refused = await registry.putManifest('sparse', index);
      expect([refused.status, refused.codes()]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']]);
      const sparse = await registry.at('sparse');
      const taken = await sparse.putManifest('sparse', index);
      expect(taken.status).toBe(201);
      const got = await sparse.call('GET', `/v2/${sparse.repository}/manifests/sparse`);
      expect([got.status, got.text]).toEqual([200, index.content]);
    },
  },
  {
    title: 'layers by URL are taken as allow and deny say',
    shows: ['B34'],
    setup: 'url rules',
    async run(registry) {
      const image = await registry.prepareImage();
      const document = JSON.parse(image.content) as { layers: object[] };
      const push = async (url: string): Promise<number> => {
        const foreign = {
          mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
          digest: digestOf(url),
          size: 10,
          urls: [url],
        };
        const manifest = manifestOf({ ...document, layers: [...document.layers, foreign] });
        return (await registry.putManifest('latest', manifest)).status;
      };
      expect(await push('https://layers.example/a')).toBe(201);
      expect(await push('https://layers.example/secret/a')).toBe(400);
      expect(await push('https://elsewhere.example/a')).toBe(400);
      expect(await push('ftp://layers.example/a')).toBe(400);
    },
  },
];
