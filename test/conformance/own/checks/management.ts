import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, expectStatus } from '../registry.ts';

/** Deletion, and what is refused when it is off or the registry is read-only. */
export const management: readonly Check[] = [
  {
    title: 'a tag is deleted alone',
    shows: ['tag-delete-1', 'categories-2', 'categories-3', 'B4'],
    async run(registry) {
      const image = await registry.pushImage('one');
      expectStatus(await registry.putManifest('two', image), 201);
      const path = `/v2/${registry.repository}/manifests`;
      const deleted = await registry.call('DELETE', `${path}/one`);
      expect(deleted.status).toBe(202);
      expect((await registry.call('GET', `${path}/one`)).status).toBe(404);
      for (const left of ['two', image.digest])
        expect([left, (await registry.call('GET', `${path}/${left}`)).status]).toEqual([left, 200]);
      const again = await registry.call('DELETE', `${path}/one`);
      expect([again.status, again.codes()]).toEqual([404, ['MANIFEST_UNKNOWN']]);
    },
  },
  {
    title: 'a manifest is deleted with its tags',
    shows: ['manifest-delete-1', 'manifest-delete-2', 'B10'],
    async run(registry) {
      const image = await registry.pushImage('one');
      expectStatus(await registry.putManifest('two', image), 201);
      const other = await registry.pushImage('other');
      const path = `/v2/${registry.repository}/manifests`;
      const deleted = await registry.call('DELETE', `${path}/${image.digest}`);
      expect([deleted.status, deleted.headers['docker-content-digest']]).toEqual([202, image.digest]);
      for (const gone of ['one', 'two', image.digest])
        expect([gone, (await registry.call('GET', `${path}/${gone}`)).status]).toEqual([gone, 404]);
      expect((await registry.call('GET', `${path}/${other.digest}`)).status).toBe(200);
      const again = await registry.call('DELETE', `${path}/${image.digest}`);
      expect([again.status, again.codes()]).toEqual([404, ['MANIFEST_UNKNOWN']]);
      for (const reference of ['latest', image.digest]) {
        const nobody = await registry.call(
          'DELETE',
          `/v2/${registry.repository}/nobody/manifests/${reference}`,
        );
        expect([reference, nobody.status]).toEqual([reference, 404]);
      }
    },
  },
  {
    title: 'a blob is deleted in its repository alone',
    shows: ['blob-delete-1', 'blob-delete-2', 'B6'],
    async run(registry) {
      const other = `${registry.repository}/other`;
      const digest = await registry.pushBlob('deleted here');
      await registry.pushBlob('deleted here', { repository: other });
      const path = `/v2/${registry.repository}/blobs/${digest}`;
      const deleted = await registry.call('DELETE', path);
      expect([deleted.status, deleted.headers['content-length']]).toEqual([202, '0']);
      expect(deleted.headers['docker-content-digest']).toBe(digest);
      expect((await registry.call('HEAD', path)).status).toBe(404);
      expect((await registry.call('HEAD', `/v2/${other}/blobs/${digest}`)).status).toBe(200);
      const again = await registry.call('DELETE', path);
      expect([again.status, again.codes()]).toEqual([404, ['BLOB_UNKNOWN']]);
    },
  },
  {
    title: 'deletion that is off is answered 405',
    shows: ['tag-delete-2', 'manifest-delete-3', 'blob-delete-3', 'B10', 'error:UNSUPPORTED'],
    setup: 'no deletion',
    async run(registry) {
      const image = await registry.pushImage('latest');
      const blob = await registry.pushBlob('stays');
      for (const what of ['manifests/latest', `manifests/${image.digest}`, `blobs/${blob}`]) {
        const path = `/v2/${registry.repository}/${what}`;
        const answer = await registry.call('DELETE', path);
        expect([what, answer.status, answer.codes()]).toEqual([what, 405, ['UNSUPPORTED']]);
        expect((await registry.call('GET', path)).status).toBe(200);
      }
    },
  },
  {
    title: 'a read-only registry refuses every write and answers every read',
    shows: ['B11', 'error:UNSUPPORTED'],
    setup: 'read-only',
    async run(registry) {
      const writable = await registry.at('standard');
      const { repository } = writable;
      const image = await writable.pushImage('latest');
      const blob = await writable.pushBlob('stays');
      const upload = `/v2/${repository}/blobs/uploads`;
      const running = new URL(await writable.startUpload(), 'http://x').pathname;
      const writes: [string, string][] = [
        ['POST', `${upload}/`],
        ['POST', `${upload}/?mount=${blob}&from=${repository}`],
        ['POST', `${upload}/?digest=${digestOf('')}`],
        ['PATCH', running],
        ['PUT', `${running}?digest=${digestOf('')}`],
        ['DELETE', running],
        ['PUT', `/v2/${repository}/manifests/latest`],
        ['DELETE', `/v2/${repository}/manifests/latest`],
        ['DELETE', `/v2/${repository}/manifests/${image.digest}`],
        ['DELETE', `/v2/${repository}/blobs/${blob}`],
      ];
      for (const [method, path] of writes) {
        const answer = await registry.call(method, path, { body: method === 'PUT' ? image.content : '' });
        expect([method, path, answer.status, answer.codes()]).toEqual([method, path, 405, ['UNSUPPORTED']]);
        expect(answer.text).toMatch(/read-only/);
      }
      const reads = [
        `manifests/latest`,
        `manifests/${image.digest}`,
        `blobs/${blob}`,
        'tags/list',
        `referrers/${image.digest}`,
      ];
      for (const path of reads)
        expect([path, (await registry.call('GET', `/v2/${repository}/${path}`)).status]).toEqual([path, 200]);
      expect((await registry.call('GET', '/v2/_catalog')).status).toBe(200);
    },
  },
];
