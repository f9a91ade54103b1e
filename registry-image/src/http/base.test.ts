import { connect } from 'node:net';
import { hash } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { codesOf, startServer } from './test-server.ts';

const htpasswdYaml = 'auth: {htpasswd: {realm: basic-realm, path: /unused}}';

describe('GET /v2/', () => {
  it('tells who serves', async () => {
    const server = await startServer({ yaml: 'http: {headers: {X-Frame-Options: [DENY]}}' });
    for (const path of ['/v2/', '/v2']) {
      const response = await server.request('GET', path);
      expect(response.status).toBe(200);
      expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(await response.json()).toEqual({});
    }
  });

  it('asks for credentials, and logs who came but never what they said', async () => {
    const server = await startServer({ yaml: htpasswdYaml, htpasswd: `ci:${await hash('secret', 4)}` });
    const refused = await server.request('GET', '/v2/');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="basic-realm"');
    expect(await codesOf(refused)).toEqual(['UNAUTHORIZED']);
    const authorization = `Basic ${Buffer.from('ci:secret').toString('base64')}`;
    const accepted = await server.request('GET', '/v2/', { headers: { authorization } });
    expect(accepted.status).toBe(200);
    await accepted.text();
    await expect
      .poll(() => server.log.map(({ status, user }) => [status, user]))
      .toEqual([
        [401, ''],
        [200, 'ci'],
      ]);
    expect(JSON.stringify(server.log)).not.toContain(authorization);
  });

  it('guards every endpoint', async () => {
    const server = await startServer({ yaml: htpasswdYaml });
    for (const [method, path] of [
      ['GET', '/v2/_catalog'],
      ['GET', '/v2/a/tags/list'],
      ['PUT', '/v2/a/manifests/v1'],
      ['POST', '/v2/a/blobs/uploads/'],
      ['PUT', '/v2/_catalog'],
    ] as const) {
      expect([path, (await server.request(method, path)).status]).toEqual([path, 401]);
    }
  });
});

describe('paths', () => {
  it.each([
    ['GET', '/v3/', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/a/unknown/x', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/A/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a%2F..%2Fb/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/%ff/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a'.repeat(257)}/tags/list`, 400, 'NAME_INVALID'],
    ['POST', '/v2/_catalog', 405, 'UNSUPPORTED'],
    ['PATCH', '/v2/a/manifests/v1', 405, 'UNSUPPORTED'],
  ])('%s %s is answered %d %s', async (method, path, status, code) => {
    const server = await startServer();
    const response = await server.request(method, path);
    expect([response.status, await codesOf(response)]).toEqual([status, [code]]);
  });

  it('may lie below a prefix', async () => {
    const server = await startServer({ yaml: 'http: {prefix: /my/registry/}' });
    expect((await server.request('GET', '/my/registry/v2/')).status).toBe(200);
    expect((await server.request('GET', '/v2/')).status).toBe(404);
    const start = await server.request('POST', '/my/registry/v2/a/blobs/uploads/');
    expect(start.headers.get('location')).toContain(`${server.url}/my/registry/v2/a/blobs/uploads/`);
  });
});

describe('a body that nobody wants', () => {
  it('leaves the connection usable when it is small', async () => {
    const server = await startServer();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = 'x'.repeat(500_000);
    socket.write(
      `PUT /v2/A/manifests/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}GET /v2/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    let answers = '';
    for await (const chunk of socket) answers += String(chunk);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
  });

  it('is answered before it has come', async () => {
    const server = await startServer();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('PUT /v2/A/manifests/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nx');
    const [first] = (await Promise.race([
      new Promise((resolve) => socket.once('data', (chunk) => resolve([String(chunk)]))),
      new Promise((_, reject) => setTimeout(reject, 2000, new Error('no answer'))),
    ])) as [string];
    expect(first).toContain('HTTP/1.1 400');
    socket.destroy();
  });
});
