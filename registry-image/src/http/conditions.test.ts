import { describe, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { matchesEtag, requestedRange } from './conditions.ts';
import { startServer } from './test-server.ts';
import { transports } from './transport-client.ts';

describe('matchesEtag', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['*', true],
    ['"d"', true],
    ['d', true],
    ['W/"d"', true],
    ['"a", W/"d" ,"b"', true],
    ['"a","dd"', false],
  ])('of %j is %s', (header, expected) => {
    expect(matchesEtag(header, 'd')).toBe(expected);
  });
});

describe('requestedRange', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-', { start: 0, end: 9 }],
    [' bytes=3-99 ', { start: 3, end: 9 }],
    ['bytes=9-9', { start: 9, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=-', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=a-b', 'whole'],
    ['lines=0-1', 'whole'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
  ])('of %j in 10 bytes is %j', (header, expected) => {
    expect(requestedRange(header, 10)).toEqual(expected);
  });

  it('of nothing can only be the whole', () => {
    expect(requestedRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(requestedRange('bytes=-5', 0)).toBe('unsatisfiable');
    expect(requestedRange(undefined, 0)).toBe('whole');
  });
});

describe.each(transports)('over %s', (transport) => {
  it('a blob is answered as the conditions and the range say', async () => {
    const server = await startServer({ transport });
    const { client } = server;
    const digest = await server.pushBlob('a', '0123456789');
    const etag = `"${digest}"`;
    const cases: [Record<string, string>, number, string][] = [
      [{}, 200, '0123456789'],
      [{ range: 'bytes=2-4' }, 206, '234'],
      [{ range: 'bytes=2-4', 'if-range': etag }, 206, '234'],
      // "MUST use the strong comparison function" (RFC 9110, 13.1.5)
      [{ range: 'bytes=2-4', 'if-range': `W/${etag}` }, 200, '0123456789'],
      [{ range: 'bytes=2-4', 'if-range': '"other"' }, 200, '0123456789'],
      [{ range: 'bytes=2-4', 'if-range': 'Wed, 21 Oct 2026 07:28:00 GMT' }, 200, '0123456789'],
      [{ range: 'bytes=2-4', 'if-none-match': etag }, 304, ''],
      [{ range: 'bytes=2-4,6-7' }, 200, '0123456789'],
      [{ 'if-none-match': '"other"' }, 200, '0123456789'],
    ];
    for (const [headers, status, body] of cases) {
      const found = await client.request('GET', `/v2/a/blobs/${digest}`, { headers });
      expect([headers, found.status, found.body.toString()]).toEqual([headers, status, body]);
      expect(found.headers).toMatchObject({ etag, 'accept-ranges': 'bytes' });
      const head = await client.request('HEAD', `/v2/a/blobs/${digest}`, { headers });
      // "Range … is only defined for GET" (RFC 9110, 14.2)
      expect([head.status, head.body.length]).toEqual([status === 206 ? 200 : status, 0]);
    }
    const refused = await client.request('GET', `/v2/a/blobs/${digest}`, { headers: { range: 'bytes=10-' } });
    expect([refused.status, refused.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  it('each way to read a thing is answered to HEAD as to GET, without a body', async () => {
    const server = await startServer({ transport });
    const { client } = server;
    const { digest, layer } = await server.pushImage('a', 'v1', 'layer');
    const { headers } = await client.request('POST', '/v2/a/blobs/uploads/');
    const paths = [
      '/v2/',
      '/v2/_catalog',
      '/v2/a/tags/list',
      '/v2/a/manifests/v1',
      `/v2/a/manifests/${digest}`,
    ]
      .concat(`/v2/a/blobs/${layer}`, `/v2/a/referrers/${digest}`, `/v2/a/blobs/${digestOf('none')}`, '/none')
      .concat(new URL(headers['location'] ?? '').pathname);
    for (const path of paths) {
      const [get, head] = await Promise.all([client.request('GET', path), client.request('HEAD', path)]);
      expect([path, head.status, head.body.length]).toEqual([path, get.status, 0]);
      for (const name of ['content-type', 'content-length', 'docker-content-digest', 'etag']) {
        expect([path, name, head.headers[name]]).toEqual([path, name, get.headers[name]]);
      }
    }
    const cached = { headers: { 'if-none-match': `"${digest}"` } };
    for (const method of ['GET', 'HEAD']) {
      const answer = await client.request(method, '/v2/a/manifests/v1', cached);
      expect([answer.status, answer.body.length, answer.headers['etag']]).toEqual([304, 0, `"${digest}"`]);
    }
  });
});
