import { Readable } from 'node:stream';
import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { type Answer, digestOf, location, octets, type Registry, withDigest } from '../registry.ts';

const content = 'the first part, the second part and the last part';
const parts = [content.slice(0, 16), content.slice(16, 32), content.slice(32)] as const;

function chunk(registry: Registry, upload: string, start: number, body: string): Promise<Answer> {
  const headers = { ...octets, 'content-range': `${start}-${start + body.length - 1}` };
  return registry.call('PATCH', upload, { body, headers });
}

async function expectBlob(registry: Registry, done: Answer): Promise<void> {
  expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digestOf(content)]);
  const got = await registry.call('GET', location(done));
  expect([got.status, got.text]).toEqual([200, content]);
  await registry.call('DELETE', location(done));
}

/** Uploads in chunks and as a stream. */
export const chunks: readonly Check[] = [
  {
    title: 'a blob is pushed in chunks, the last one with PATCH or with PUT',
    shows: ['chunk-1', 'chunk-2', 'chunk-6', 'chunk-8', 'B7'],
    async run(registry) {
      for (const withPut of [false, true]) {
        const started = await registry.call('POST', `/v2/${registry.repository}/blobs/uploads/`);
        expect(started.headers).not.toHaveProperty('oci-chunk-min-length');
        let upload = location(started);
        let sent = 0;
        for (const part of withPut ? parts.slice(0, 2) : parts) {
          const answer = await chunk(registry, upload, sent, part);
          sent += part.length;
          expect([answer.status, answer.headers['range']]).toEqual([202, `0-${sent - 1}`]);
          upload = location(answer);
        }
        const path = `/v2/${registry.repository}/blobs/${digestOf(content)}`;
        expect((await registry.call('HEAD', path)).status).toBe(404);
        const last = withPut && {
          body: parts[2],
          headers: { ...octets, 'content-range': `${sent}-${content.length - 1}` },
        };
        await expectBlob(
          registry,
          await registry.call('PUT', withDigest(upload, digestOf(content)), last || {}),
        );
      }
    },
  },
  {
    title: 'a chunk of any length is taken',
    shows: ['chunk-1'],
    async run(registry) {
      let upload = await registry.startUpload();
      for (const [at, letter] of content.split('').entries()) {
        const answer = await chunk(registry, upload, at, letter);
        expect([at, answer.status]).toEqual([at, 202]);
        upload = location(answer);
      }
      await expectBlob(registry, await registry.call('PUT', withDigest(upload, digestOf(content))));
    },
  },
  {
    title: 'a chunk out of order is refused and the upload goes on where its status says',
    shows: ['chunk-4', 'chunk-5', 'chunk-9', 'chunk-10', 'chunk-12', 'B7', 'error:RANGE_INVALID'],
    async run(registry) {
      const upload = await registry.startUpload();
      const early = await chunk(registry, upload, 16, parts[1]);
      expect([early.status, early.codes()]).toEqual([416, ['RANGE_INVALID']]);
      expect((await chunk(registry, upload, 0, parts[0])).status).toBe(202);
      for (const start of [0, 8, 17, 32]) {
        const answer = await chunk(registry, upload, start, parts[1]);
        expect([start, answer.status, answer.codes()]).toEqual([start, 416, ['RANGE_INVALID']]);
      }
      const status = await registry.call('GET', upload);
      expect([status.status, status.headers['range'], status.body.length]).toEqual([204, '0-15', 0]);
      const next = await chunk(registry, location(status), 16, parts[1]);
      expect(next.status).toBe(202);
      const late = await registry.call('PUT', withDigest(location(next), digestOf(content)), {
        body: parts[2],
        headers: { ...octets, 'content-range': `0-${parts[2].length - 1}` },
      });
      expect([late.status, late.codes()]).toEqual([416, ['RANGE_INVALID']]);
      const again = await registry.call('GET', upload);
      expect([again.status, again.headers['range']]).toEqual([204, '0-31']);
      const done = await registry.call('PUT', withDigest(location(again), digestOf(content)), {
        body: parts[2],
        headers: { ...octets, 'content-range': `32-${content.length - 1}` },
      });
      await expectBlob(registry, done);
    },
  },
  {
    title: 'a Content-Range that is none, or does not fit the body, is refused',
    shows: ['chunk-3', 'single-post-1', 'error:SIZE_INVALID'],
    async run(registry) {
      const upload = await registry.startUpload();
      for (const range of ['abc', '-5', '0-', '5-0', '0 - 4', 'lines 0-4']) {
        const answer = await registry.call('PATCH', upload, {
          body: 'hello',
          headers: { ...octets, 'content-range': range },
        });
        expect([range, answer.status]).toEqual([range, 416]);
      }
      const longer = await registry.call('PATCH', upload, {
        body: 'hello',
        headers: { ...octets, 'content-range': '0-9' },
      });
      expect([longer.status, longer.codes()]).toEqual([400, ['SIZE_INVALID']]);
      const status = await registry.call('GET', upload);
      expect([status.status, status.headers['range']]).toEqual([204, '0-0']);
      const done = await registry.call('PUT', withDigest(upload, digestOf('hello')), {
        body: 'hello',
        headers: octets,
      });
      expect(done.status).toBe(201);
    },
  },
  {
    title: 'a blob is pushed as a stream of unknown length',
    shows: ['chunk-2', 'chunk-8', 'B7'],
    async run(registry) {
      const upload = await registry.startUpload();
      const body = Readable.from(parts.map((part) => Buffer.from(part)));
      const patched = await registry.call('PATCH', upload, { body, headers: octets });
      expect([patched.status, patched.headers['range']]).toEqual([202, `0-${content.length - 1}`]);
      await expectBlob(
        registry,
        await registry.call('PUT', withDigest(location(patched), digestOf(content))),
      );
    },
  },
  {
    title: 'an upload of another algorithm may say so at its start',
    shows: ['chunk-11', 'B9'],
    async run(registry) {
      for (const query of ['?digest-algorithm=sha512', '?digest-algorithm=sha256', '']) {
        const digest = digestOf(content + query, 'sha512');
        const upload = await registry.startUpload(registry.repository, query);
        const patched = await registry.call('PATCH', upload, { body: content + query, headers: octets });
        const done = await registry.call('PUT', withDigest(location(patched), digest));
        expect([query, done.status, done.headers['docker-content-digest']]).toEqual([query, 201, digest]);
        expect((await registry.call('GET', location(done))).text).toBe(content + query);
      }
    },
  },
];
