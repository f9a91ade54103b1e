import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { originOf } from './location.ts';
import { startServer } from './test-server.ts';

const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'r.example' };

/** Location of a new upload without its state, below a config and with headers. */
async function locationWith(http: string, headers: Record<string, string>): Promise<string | undefined> {
  const { client } = await startServer({ yaml: `storage: inmemory\nhttp: ${http}`, transport: 'http1' });
  const prefix = /prefix: ([^,}]+)/.exec(http)?.[1] ?? '';
  const { headers: found } = await client.request('POST', `${prefix}/v2/a/blobs/uploads/`, {
    headers: { Host: 'own:5000', ...headers },
  });
  return found['location']?.replace(/\/v2\/a\/blobs\/uploads\/.*/, ' …');
}

describe('Location', () => {
  it.each<[string, Record<string, string>, string]>([
    ['{}', {}, 'http://own:5000 …'],
    ['{}', { Host: '[::1]:5000' }, 'http://[::1]:5000 …'],
    ['{}', forwarded, 'https://r.example …'],
    ['{}', { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-Host': 'a.example, b' }, 'https://a.example …'],
    ['{}', { ...forwarded, 'X-Forwarded-Port': '8443' }, 'https://r.example:8443 …'],
    ['{}', { ...forwarded, 'X-Forwarded-Port': '443' }, 'https://r.example …'],
    [
      '{}',
      { ...forwarded, 'X-Forwarded-Host': 'r.example:1', 'X-Forwarded-Port': '2' },
      'https://r.example:1 …',
    ],
    ['{}', { Forwarded: 'for=1.2.3.4;proto=https;host=f.example, host=g.example' }, 'https://f.example …'],
    ['{}', { Forwarded: 'For="[::1]:80";Host="f.example:8443";Proto=HTTPS' }, 'https://f.example:8443 …'],
    ['{}', { Forwarded: 'proto=https', ...forwarded, 'X-Forwarded-Host': 'no' }, 'https://own:5000 …'],
    // Whatever cannot stand in a URL is as if it were not there.
    [
      '{}',
      { 'X-Forwarded-Host': 'evil.example/path?x=', 'X-Forwarded-Proto': 'javascript' },
      'http://own:5000 …',
    ],
    ['{}', { 'X-Forwarded-Host': 'user@evil.example' }, 'http://own:5000 …'],
    ['{}', { Forwarded: 'host="evil.example> ; rel=x"' }, 'http://own:5000 …'],
    ['{}', { Host: 'a b' }, ' …'],
    ['{prefix: /p/q}', forwarded, 'https://r.example/p/q …'],
    ['{relativeurls: true, prefix: /p}', forwarded, '/p …'],
    ['{host: "https://h.example:8443"}', forwarded, 'https://h.example:8443 …'],
    ['{host: "https://h.example/", prefix: /p}', forwarded, 'https://h.example/p …'],
    ['{host: "https://h.example/seen/", prefix: /p}', forwarded, 'https://h.example/seen …'],
    ['{host: "https://h.example/seen", relativeurls: true}', {}, '/seen …'],
  ])('with http %s and %o is %s', async (http, headers, expected) => {
    expect(await locationWith(http, headers)).toBe(expected);
  });
});

it('takes no long time for a Forwarded field that is long and says nothing', () => {
  const headers = { host: 'own:5000', forwarded: 'a'.repeat(30_000) };
  const started = performance.now();
  expect(originOf({ headers, socket: {} } as Request, undefined)).toBe('http://own:5000');
  expect(performance.now() - started).toBeLessThan(500);
});

describe('over HTTP/2', () => {
  it('the authority of a request is its host', async () => {
    for (const transport of ['http2-tls', 'http2-cleartext'] as const) {
      const { client, url } = await startServer({ transport });
      const { headers } = await client.request('POST', '/v2/a/blobs/uploads/');
      expect(headers['location']).toMatch(`${url}/v2/a/blobs/uploads/`);
    }
  });
});

describe('Link', () => {
  it.each([
    ['{}', ''],
    ['{prefix: /p}', '/p'],
    ['{host: "https://h.example"}', ''],
    ['{host: "https://h.example/seen", prefix: /p}', '/seen'],
    ['{relativeurls: true, prefix: /p}', '/p'],
  ])('with http %s is a path below %j', async (http, base) => {
    const { client } = await startServer({ yaml: `storage: inmemory\nhttp: ${http}`, transport: 'http1' });
    const prefix = /prefix: ([^,}]+)/.exec(http)?.[1] ?? '';
    for (const name of ['a', 'b']) {
      const digest = digestOf('x');
      await client.request('POST', `${prefix}/v2/${name}/blobs/uploads/?digest=${digest}`, { body: 'x' });
    }
    const { headers } = await client.request('GET', `${prefix}/v2/_catalog?n=1`, { headers: forwarded });
    expect(headers['link']).toBe(`<${base}/v2/_catalog?last=a&n=1>; rel="next"`);
  });
});
