import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, location, octets, type Registry, withDigest } from '../registry.ts';

/** Expects that `path` of a Location gives exactly `content`. */
async function expectBlob(registry: Registry, path: string, content: string | Buffer): Promise<void> {
  const answer = await registry.call('GET', path);
  expect([answer.status, answer.body]).toEqual([200, Buffer.from(content)]);
}

const algorithms = ['sha256', 'sha512'] as const;

/** Whole blobs: POST then PUT, single POST, digests that are wrong, mounts, cancelling. */
export const uploads: readonly Check[] = [
  {
    title: 'a blob is pushed with POST and PUT',
    shows: ['upload-1', 'upload-2', 'upload-3', 'categories-2', 'categories-3', 'B7'],
    async run(registry) {
      const seen = new Set<string>();
      for (const algorithm of algorithms) {
        const content = `pushed with ${algorithm}`;
        const digest = digestOf(content, algorithm);
        const started = await registry.call('POST', `/v2/${registry.repository}/blobs/uploads/`);
        expect(started.status).toBe(202);
        const id = started.headers['docker-upload-uuid'] ?? '';
        expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(location(started)).toContain(id);
        seen.add(id);
        const done = await registry.call('PUT', withDigest(location(started), digest), {
          body: content,
          headers: octets,
        });
        expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digest]);
        await expectBlob(registry, location(done), content);
      }
      expect(seen.size).toBe(algorithms.length);
    },
  },
  {
    title: 'a blob is pushed with a single POST',
    shows: ['single-post-2', 'single-post-3', 'B7'],
    async run(registry) {
      for (const algorithm of algorithms) {
        const content = `posted with ${algorithm}`;
        const digest = digestOf(content, algorithm);
        const path = withDigest(`/v2/${registry.repository}/blobs/uploads/`, digest);
        const done = await registry.call('POST', path, { body: content, headers: octets });
        expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digest]);
        await expectBlob(registry, location(done), content);
      }
    },
  },
  {
    title:
      'a digest that is wrong, invalid or of an unknown algorithm is refused, however the blob is pushed',
    shows: ['push-3', 'single-post-1', 'chunk-7', 'B9', 'error:DIGEST_INVALID'],
    async run(registry) {
      const content = 'content';
      const wrong = [
        digestOf('other'),
        digestOf('other', 'sha512'),
        'sha256:abc',
        `sha256:${'g'.repeat(64)}`,
        `md5:${'0'.repeat(32)}`,
        'no digest',
      ];
      for (const digest of wrong) {
        const posted = await registry.call(
          'POST',
          withDigest(`/v2/${registry.repository}/blobs/uploads/`, digest),
          {
            body: content,
            headers: octets,
          },
        );
        expect([digest, posted.status, posted.codes()]).toEqual([digest, 400, ['DIGEST_INVALID']]);
        const put = await registry.call('PUT', withDigest(await registry.startUpload(), digest), {
          body: content,
          headers: octets,
        });
        expect([digest, put.status, put.codes()]).toEqual([digest, 400, ['DIGEST_INVALID']]);
        const upload = await registry.startUpload();
        const patched = await registry.call('PATCH', upload, { body: content, headers: octets });
        const closed = await registry.call('PUT', withDigest(location(patched), digest));
        expect([digest, closed.status, closed.codes()]).toEqual([digest, 400, ['DIGEST_INVALID']]);
      }
      const without = await registry.call('PUT', await registry.startUpload(), {
        body: content,
        headers: octets,
      });
      expect([without.status, without.codes()]).toEqual([400, ['DIGEST_INVALID']]);
      for (const digest of [digestOf(content), ...wrong.slice(0, 2)]) {
        const got = await registry.call('HEAD', `/v2/${registry.repository}/blobs/${digest}`);
        expect([digest, got.status]).toEqual([digest, 404]);
      }
    },
  },
  {
    title: 'a blob is mounted from another repository',
    shows: ['mount-1', 'B7'],
    async run(registry) {
      for (const algorithm of algorithms) {
        const from = `${registry.repository}/from`;
        const content = `mounted with ${algorithm}`;
        const digest = await registry.pushBlob(content, { repository: from, algorithm });
        for (const query of [`mount=${digest}&from=${from}`, `mount=${digest}`]) {
          const to = `${registry.repository}/to-${query.length}-${algorithm}`;
          const mounted = await registry.call('POST', `/v2/${to}/blobs/uploads/?${query}`);
          expect([query, mounted.status]).toEqual([query, 201]);
          expect(mounted.headers['docker-content-digest']).toBe(digest);
          expect(location(mounted)).toContain(`/v2/${to}/blobs/`);
          await expectBlob(registry, location(mounted), content);
        }
      }
    },
  },
  {
    title: 'a mount that is not possible starts an upload',
    shows: ['mount-2', 'B7'],
    async run(registry) {
      const missing = digestOf('nobody has this blob');
      const there = await registry.pushBlob('there');
      const other = `${registry.repository}/other`;
      for (const query of [
        `mount=${missing}&from=${other}`,
        `mount=${missing}`,
        `mount=${there}&from=${other}/none`,
      ]) {
        const answer = await registry.call('POST', `/v2/${other}/blobs/uploads/?${query}`);
        expect([query, answer.status]).toEqual([query, 202]);
        const content = `instead of ${query}`;
        const done = await registry.call('PUT', withDigest(location(answer), digestOf(content)), {
          body: content,
          headers: octets,
        });
        expect(done.status).toBe(201);
      }
    },
  },
  {
    title: 'an upload is cancelled',
    shows: ['cancel-1', 'B7', 'error:BLOB_UPLOAD_UNKNOWN'],
    async run(registry) {
      const upload = await registry.startUpload();
      const patched = await registry.call('PATCH', upload, { body: 'some', headers: octets });
      const cancelled = await registry.call('DELETE', location(patched));
      expect([cancelled.status, cancelled.body.length]).toEqual([204, 0]);
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const answer = await registry.call(method, withDigest(upload, digestOf('some')));
        expect([method, answer.status, answer.codes()]).toEqual([method, 404, ['BLOB_UPLOAD_UNKNOWN']]);
      }
    },
  },
  {
    title: 'the state of an upload is signed, and not needed',
    shows: ['B7', 'error:BLOB_UPLOAD_INVALID'],
    async run(registry) {
      const upload = await registry.startUpload();
      const [path = ''] = upload.split('?');
      const forged = await registry.call('GET', `${path}?_state=forged`);
      expect([forged.status, forged.codes()]).toEqual([404, ['BLOB_UPLOAD_INVALID']]);
      const elsewhere = path.replace(registry.repository, `${registry.repository}/other`);
      expect((await registry.call('GET', elsewhere)).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
      expect((await registry.call('PATCH', path, { body: 'with', headers: octets })).status).toBe(202);
      const done = await registry.call('PUT', `${path}?digest=${digestOf('without')}`, {
        body: 'out',
        headers: octets,
      });
      expect(done.status).toBe(201);
    },
  },
  {
    title: 'an upload that is left alone is purged',
    shows: ['cancel-2', 'B22'],
    setup: 'purge',
    async run(registry) {
      const upload = await registry.startUpload();
      expect((await registry.call('PATCH', upload, { body: 'left alone', headers: octets })).status).toBe(
        202,
      );
      const deadline = Date.now() + 20_000;
      while ((await registry.call('GET', upload)).status !== 404) {
        expect(Date.now()).toBeLessThan(deadline);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  },
];
