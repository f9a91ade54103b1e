import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { codesOf, startServer, type TestServer } from './test-server.ts';
import { finish, patch, start, uploadsLeft } from './upload-client.ts';

describe('an upload', () => {
  it('is started, sent in pieces, asked about and completed', async () => {
    const server = await startServer();
    const response = await server.request('POST', '/v2/a/blobs/uploads/');
    const id = response.headers.get('docker-upload-uuid') ?? '';
    const location = response.headers.get('location') ?? '';
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(location).toMatch(`${server.url}/v2/a/blobs/uploads/${id}?_state=`);
    expect([response.status, response.headers.get('range'), response.headers.get('content-length')]).toEqual([
      202,
      '0-0',
      '0',
    ]);

    const first = await patch(server, location, 'hello ', { 'Content-Range': '0-5' });
    expect([first.status, first.headers.get('range'), first.headers.get('docker-upload-uuid')]).toEqual([
      202,
      '0-5',
      id,
    ]);
    const second = await patch(server, first.headers.get('location') ?? '', 'wor');
    expect(second.headers.get('range')).toBe('0-8');
    const status = await server.request('GET', `/v2/a/blobs/uploads/${id}`);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-8']);

    const digest = digestOf('hello world');
    const done = await finish(server, status.headers.get('location') ?? '', digest, 'ld');
    expect([done.status, done.headers.get('location'), done.headers.get('docker-content-digest')]).toEqual([
      201,
      `${server.url}/v2/a/blobs/${digest}`,
      digest,
    ]);
    expect(await (await server.request('GET', `/v2/a/blobs/${digest}`)).text()).toBe('hello world');
    expect(await uploadsLeft(server)).toEqual([]);
    expect((await server.request('GET', `/v2/a/blobs/uploads/${id}`)).status).toBe(404);
  });

  it('goes on in another process at any point, without the query of its URL', async () => {
    const one = await startServer();
    const two = await startServer({ rootDirectory: one.rootDirectory });
    const path = new URL(await start(one)).pathname;
    await patch(two, path, 'ab');
    await patch(one, path, 'cd');
    await patch(two, path, 'ef');
    expect((await finish(one, path, digestOf('abcdef'))).status).toBe(201);
    expect(await (await two.request('GET', `/v2/a/blobs/${digestOf('abcdef')}`)).text()).toBe('abcdef');
  });

  it('accepts the state that another process has signed, and no other', async () => {
    const server = await startServer();
    const location = new URL(await start(server));
    expect((await server.request('GET', location.href)).status).toBe(204);
    const other = new URL(await start(server));
    for (const state of [other.searchParams.get('_state') ?? '', 'x', '']) {
      location.searchParams.set('_state', state);
      const response = await server.request('GET', location.href);
      expect([response.status, await codesOf(response)]).toEqual([404, ['BLOB_UPLOAD_INVALID']]);
    }
  });

  it('may be hashed by sha512', async () => {
    const server = await startServer();
    const digest = digestOf('content', 'sha512');
    const location = await start(server);
    await patch(server, location, 'con');
    expect((await finish(server, location, digest, 'tent')).status).toBe(201);
    const whole = await server.request('POST', `/v2/b/blobs/uploads/?digest=${digest}`, { body: 'content' });
    expect([whole.status, whole.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect(await (await server.request('GET', `/v2/a/blobs/${digest}`)).text()).toBe('content');
  });

  it('goes on where it was when the client broke off', async () => {
    const server = await startServer();
    const location = await start(server);
    const request = httpRequest(location, { method: 'PATCH', headers: { 'Content-Length': 100 } });
    request.on('error', () => {});
    request.write('first');
    await expect
      .poll(async () => (await server.request('GET', location)).headers.get('range'), { timeout: 3000 })
      .toBe('0-4');
    request.destroy();
    await expect.poll(() => server.log.some(({ complete }) => complete === false)).toBe(true);
    await patch(server, location, ' second', { 'Content-Range': '5-11' });
    expect((await finish(server, location, digestOf('first second'))).status).toBe(201);
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
  });

  it.each([
    ['7-9', 416, 'RANGE_INVALID'],
    ['0-2', 416, 'RANGE_INVALID'],
    ['nonsense', 416, 'RANGE_INVALID'],
    ['5-9', 400, 'SIZE_INVALID'],
  ])('refuses a chunk with Content-Range %s', async (range, status, code) => {
    const server = await startServer();
    const location = await start(server);
    await patch(server, location, 'first');
    const response = await patch(server, location, 'abc', { 'Content-Range': range });
    expect([response.status, await codesOf(response)]).toEqual([status, [code]]);
    if (status === 416) expect(response.headers.get('range')).toBe('0-4');
    expect((await finish(server, location, digestOf('first'))).status).toBe(201);
  });

  it('is removed when its digest is wrong', async () => {
    const server = await startServer();
    const location = await start(server);
    const response = await finish(server, location, digestOf('other'), 'content');
    expect([response.status, await codesOf(response)]).toEqual([400, ['DIGEST_INVALID']]);
    expect(await uploadsLeft(server)).toEqual([]);
    const again = await finish(server, await start(server), 'sha256:short', 'content');
    expect([again.status, await codesOf(again)]).toEqual([400, ['DIGEST_INVALID']]);
  });

  it('can be cancelled', async () => {
    const server = await startServer();
    const location = await start(server);
    expect((await server.request('DELETE', location)).status).toBe(204);
    const response = await patch(server, location, 'x');
    expect([response.status, await codesOf(response)]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    expect((await server.request('GET', '/v2/a/blobs/uploads/not-an-id')).status).toBe(404);
  });
});

describe('the algorithm of an upload', () => {
  it('may be told when it starts', async () => {
    const server = await startServer();
    const response = await server.request('POST', '/v2/a/blobs/uploads/?digest-algorithm=sha512');
    expect(response.status).toBe(202);
    const location = response.headers.get('location') ?? '';
    await patch(server, location, 'con');
    const digest = digestOf('content', 'sha512');
    const done = await finish(server, location, digest, 'tent');
    expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, digest]);
  });

  it('must be one that is supported', async () => {
    const server = await startServer();
    const response = await server.request('POST', '/v2/a/blobs/uploads/?digest-algorithm=md5');
    expect([response.status, await codesOf(response)]).toEqual([400, ['DIGEST_INVALID']]);
    expect(await uploadsLeft(server)).toEqual([]);
  });

  it('may be another than was told', async () => {
    const server = await startServer();
    const response = await server.request('POST', '/v2/a/blobs/uploads/?digest-algorithm=sha512');
    const location = response.headers.get('location') ?? '';
    await patch(server, location, 'con');
    expect((await finish(server, location, digestOf('content'), 'tent')).status).toBe(201);
  });
});

describe('the state of an upload', () => {
  it('of another repository is refused', async () => {
    const server = await startServer();
    const { searchParams } = new URL(await start(server, 'b'));
    const location = new URL(await start(server));
    location.searchParams.set('_state', searchParams.get('_state') ?? '');
    const response = await patch(server, location.href, 'x');
    expect([response.status, await codesOf(response)]).toEqual([404, ['BLOB_UPLOAD_INVALID']]);
    const elsewhere = location.pathname.replace('/v2/a/', '/v2/b/');
    expect((await server.request('GET', elsewhere)).status).toBe(404);
  });
});

describe('Location', () => {
  it.each([
    [
      '',
      { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'registry.example:8443' },
      'https://registry.example:8443/v2/',
    ],
    ['', { 'X-Forwarded-Proto': 'https, http' }, 'https://127.0.0.1:'],
    ['http: {host: "https://registry.example/"}', {}, 'https://registry.example/v2/'],
    ['http: {relativeurls: true}', { 'X-Forwarded-Proto': 'https' }, '/v2/'],
  ])('with %j and %j begins with %s', async (yaml, headers, expected) => {
    const server = await startServer({ yaml });
    const response = await server.request('POST', '/v2/a/blobs/uploads/', { headers });
    expect(response.headers.get('location')?.startsWith(expected)).toBe(true);
  });
});

describe('writes', () => {
  async function writes(server: TestServer): Promise<[string, string, RequestInit?][]> {
    const image = await server.pushImage('a', 'v1', 'layer');
    const location = await start(server);
    return [
      ['POST', '/v2/a/blobs/uploads/'],
      ['PATCH', location, { body: 'x' }],
      ['PUT', `${location}&digest=${digestOf('x')}`, { body: 'x' }],
      ['DELETE', location],
      ['PUT', '/v2/a/manifests/v1', { body: '{}' }],
      ['DELETE', '/v2/a/manifests/v1'],
      ['DELETE', `/v2/a/blobs/${image.layer}`],
    ];
  }

  it('are refused at once while the gate is read-only; reads go on', async () => {
    const server = await startServer();
    const all = await writes(server);
    await server.gate.set('readOnly');
    for (const [method, path, init] of all) {
      const response = await server.request(method, path, init);
      expect([method, response.status]).toEqual([method, 405]);
      expect(await response.text()).toContain('the registry is in read-only mode');
    }
    expect((await server.request('GET', '/v2/a/manifests/v1')).status).toBe(200);
  });

  it('are refused when config.yml makes the registry read-only', async () => {
    const writable = await startServer();
    const all = await writes(writable);
    const server = await startServer({
      yaml: 'storage: {delete: {enabled: true}, maintenance: {readonly: {enabled: true}}}',
      rootDirectory: writable.rootDirectory,
    });
    for (const [method, path, init] of all) {
      const response = await server.request(method, new URL(path, server.url).pathname, init);
      expect([method, response.status, await codesOf(response)]).toEqual([method, 405, ['UNSUPPORTED']]);
    }
    expect((await server.request('HEAD', '/v2/a/manifests/v1')).status).toBe(200);
  });

  it('wait while the gate is paused, but their bodies come in', async () => {
    const server = await startServer();
    await server.gate.set('paused');
    const location = await start(server);
    expect((await patch(server, location, 'content')).status).toBe(202);
    const held = finish(server, location, digestOf('content'));
    await expect.poll(() => server.gate.held).toBe(1);
    await server.gate.set('open');
    expect((await held).status).toBe(201);
  });

  it('never make a blob of what came after it was hashed', async () => {
    const server = await startServer();
    const location = await start(server);
    await patch(server, location, 'content');
    await server.gate.set('paused');
    const held = finish(server, location, digestOf('content'));
    await expect.poll(() => server.gate.held).toBe(1);
    await patch(server, location, ' and more');
    await server.gate.set('open');
    expect((await held).status).toBe(404);
    expect((await server.request('GET', `/v2/a/blobs/${digestOf('content')}`)).status).toBe(404);
  });

  it('are refused when they waited for too long, and succeed when they are tried again', async () => {
    const server = await startServer();
    const location = await start(server);
    await patch(server, location, 'content');
    await server.gate.set('paused');
    const response = await finish(server, location, digestOf('content'));
    expect(response.status).toBe(405);
    expect(await response.text()).toContain('try again in a few seconds');
    await server.gate.set('open');
    expect((await finish(server, location, digestOf('content'))).status).toBe(201);
  });
});
