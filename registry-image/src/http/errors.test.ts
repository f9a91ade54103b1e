import { connect } from 'node:net';
import { hash } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import type { ConfiguredMiddleware } from '../middleware/apply.ts';
import { digestOf } from '../registry/digest.ts';
import { type ErrorCode, errorCodes } from '../registry/error-codes.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import { createHealthGate } from './health-gate.ts';
import { imageManifest, startServer, type TestServer } from './test-server.ts';

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly errors: { code: ErrorCode; message: string; detail?: unknown }[];
}

async function refusalOf(answer: Promise<Response>): Promise<Refusal> {
  const { status, headers, ...response } = await answer.then(async (found) => ({
    status: found.status,
    headers: found.headers,
    text: await found.text(),
  }));
  expect(headers.get('content-type')).toBe('application/json');
  return { status, headers, ...(JSON.parse(response.text) as Pick<Refusal, 'errors'>) };
}

const unknown = digestOf('never pushed');
const basic = (user: string, password: string): { headers: Record<string, string> } => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});
const withUsers = 'auth: {htpasswd: {realm: r, path: /unused}}';
const put = (server: TestServer, reference: string, body: string): Promise<Refusal> =>
  refusalOf(
    server.request('PUT', `/v2/a/manifests/${reference}`, {
      body,
      headers: { 'Content-Type': mediaTypes.ociManifest },
    }),
  );

interface Case {
  readonly status: number;
  /** Of the first error; undefined: there is none. */
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly refuse: () => Promise<Refusal>;
}

/** Status by the OCI distribution specification ("Endpoints"), else by distribution's descriptors. */
const cases: Readonly<Record<ErrorCode, Case>> = {
  BLOB_UNKNOWN: {
    status: 404,
    detail: { digest: unknown },
    refuse: async () => refusalOf((await startServer()).request('GET', `/v2/a/blobs/${unknown}`)),
  },
  BLOB_UPLOAD_INVALID: {
    status: 404,
    detail: { uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
    async refuse() {
      const server = await startServer();
      const started = await server.request('POST', '/v2/a/blobs/uploads/');
      const url = (started.headers.get('location') ?? '').replace(/_state=[^&]*/, '_state=forged');
      return refusalOf(server.request('GET', url));
    },
  },
  BLOB_UPLOAD_UNKNOWN: {
    status: 404,
    detail: { uuid: '00000000-0000-4000-8000-000000000000' },
    refuse: async () =>
      refusalOf(
        (await startServer()).request('PATCH', '/v2/a/blobs/uploads/00000000-0000-4000-8000-000000000000'),
      ),
  },
  DENIED: {
    status: 403,
    detail: expect.arrayContaining([expect.objectContaining({ Name: 'a', Action: 'push' })]),
    async refuse() {
      const access = 'wharfinger: {access: [{users: [ci], repositories: ["**"], actions: [pull]}]}';
      const server = await startServer({
        yaml: `${withUsers}\n${access}`,
        htpasswd: `ci:${await hash('secret', 4)}`,
      });
      return refusalOf(server.request('POST', '/v2/a/blobs/uploads/', basic('ci', 'secret')));
    },
  },
  DIGEST_INVALID: {
    status: 400,
    detail: { digest: unknown, content: digestOf('other') },
    refuse: async () =>
      refusalOf(
        (await startServer()).request('POST', `/v2/a/blobs/uploads/?digest=${unknown}`, { body: 'other' }),
      ),
  },
  MANIFEST_BLOB_UNKNOWN: {
    status: 400,
    detail: { digest: unknown },
    async refuse() {
      const server = await startServer();
      const config = await server.pushBlob('a', '{}');
      const answer = await put(
        server,
        'v1',
        imageManifest({
          config,
          layers: [
            [unknown, 1],
            [digestOf('x'), 1],
          ],
        }),
      );
      // "one error per missing blob"
      expect(answer.errors.map(({ code, detail }) => [code, detail])).toEqual([
        ['MANIFEST_BLOB_UNKNOWN', { digest: unknown }],
        ['MANIFEST_BLOB_UNKNOWN', { digest: digestOf('x') }],
      ]);
      return answer;
    },
  },
  MANIFEST_INVALID: {
    status: 400,
    detail: 'the manifest is not valid JSON',
    refuse: async () => put(await startServer(), 'v1', '{'),
  },
  MANIFEST_UNKNOWN: {
    status: 404,
    detail: { tag: 'v1' },
    refuse: async () => refusalOf((await startServer()).request('GET', '/v2/a/manifests/v1')),
  },
  MANIFEST_UNVERIFIED: {
    status: 400,
    detail: expect.any(String),
    async refuse() {
      const server = await startServer({ yaml: 'compatibility: {schema1: {enabled: true}}' });
      const blobSum = await server.pushBlob('a', 'layer');
      const body = JSON.stringify({
        schemaVersion: 1,
        name: 'a',
        tag: 'v1',
        architecture: 'amd64',
        fsLayers: [{ blobSum }],
        history: [{ v1Compatibility: '{"id":"x"}' }],
      });
      const headers = { 'Content-Type': mediaTypes.dockerSchema1Signed };
      return refusalOf(server.request('PUT', '/v2/a/manifests/v1', { body, headers }));
    },
  },
  NAME_INVALID: {
    status: 400,
    detail: { name: 'A' },
    refuse: async () => refusalOf((await startServer()).request('GET', '/v2/A/tags/list')),
  },
  NAME_UNKNOWN: {
    status: 404,
    detail: { name: 'a' },
    refuse: async () => refusalOf((await startServer()).request('GET', '/v2/a/tags/list')),
  },
  PAGINATION_NUMBER_INVALID: {
    status: 400,
    detail: expect.objectContaining({ n: '-1' }),
    refuse: async () => refusalOf((await startServer()).request('GET', '/v2/_catalog?n=-1')),
  },
  RANGE_INVALID: {
    status: 416,
    detail: expect.objectContaining({ size: 0 }),
    headers: { range: '0-0' },
    async refuse() {
      const server = await startServer();
      const started = await server.request('POST', '/v2/a/blobs/uploads/');
      const headers = { 'Content-Range': '5-9', 'Content-Type': 'application/octet-stream' };
      return refusalOf(
        server.request('PATCH', started.headers.get('location') ?? '', { body: '12345', headers }),
      );
    },
  },
  SIZE_INVALID: {
    status: 400,
    detail: expect.objectContaining({ contentRange: '0-9' }),
    async refuse() {
      const server = await startServer();
      const started = await server.request('POST', '/v2/a/blobs/uploads/');
      const headers = { 'Content-Range': '0-9', 'Content-Type': 'application/octet-stream' };
      return refusalOf(
        server.request('PATCH', started.headers.get('location') ?? '', { body: '12345', headers }),
      );
    },
  },
  TAG_INVALID: {
    status: 400,
    detail: { tag: '.v1' },
    refuse: async () => put(await startServer(), '.v1', '{}'),
  },
  TOOMANYREQUESTS: {
    status: 429,
    headers: { 'retry-after': '1' },
    async refuse() {
      const server = await startServer({ yaml: withUsers, htpasswd: `ci:${await hash('secret', 8)}` });
      const end = new AbortController();
      const refused = Promise.withResolvers<Refusal>();
      // More wrong passwords than may wait to be checked; the others are given up then.
      const all = Array.from({ length: 1000 }, async (_, index) => {
        const init = { ...basic('ci', `wrong${index}`), signal: end.signal };
        const answer = await refusalOf(server.request('GET', '/v2/', init));
        if (answer.status === 429) refused.resolve(answer);
        else expect(answer.status).toBe(401);
      });
      const answer = await refused.promise;
      end.abort();
      await Promise.allSettled(all);
      return answer;
    },
  },
  UNAUTHORIZED: {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="r"' },
    refuse: async () => refusalOf((await startServer({ yaml: withUsers })).request('GET', '/v2/')),
  },
  UNAVAILABLE: {
    status: 503,
    detail: 'health check failed: please see /debug/health',
    headers: { 'retry-after': '10' },
    async refuse() {
      const health = createHealthGate();
      const server = await startServer({ health });
      expect((await server.request('GET', '/v2/')).status).toBe(200);
      health.set({ 'redis.example:6379': 'connection failed' });
      return refusalOf(server.request('GET', '/v2/'));
    },
  },
  UNKNOWN: {
    status: 500,
    async refuse() {
      const broken: ConfiguredMiddleware = {
        storage: async (layer) => ({
          ...layer,
          driver: { ...layer.driver, getContent: () => Promise.reject(new Error('the disk is on fire')) },
        }),
        registry: async (registry) => registry,
        repository: undefined,
      };
      const server = await startServer({ middleware: broken });
      const answer = await refusalOf(server.request('GET', `/v2/a/blobs/${unknown}`));
      // What went wrong is for the log, not for the client.
      expect(JSON.stringify(answer.errors)).not.toContain('fire');
      expect(server.log.some((line) => JSON.stringify(line).includes('fire'))).toBe(true);
      return answer;
    },
  },
  UNSUPPORTED: {
    status: 405,
    headers: { allow: 'GET, HEAD, PUT, DELETE' },
    refuse: async () => refusalOf((await startServer()).request('POST', '/v2/a/manifests/v1')),
  },
};

describe('error code', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('%s is answered over a socket', async (code) => {
    const { status, detail, headers = {}, refuse } = cases[code];
    expect(errorCodes[code].status).toBe(status);
    const refused = await refuse();
    expect([refused.status, refused.errors[0]?.code]).toEqual([status, code]);
    expect(refused.errors[0]?.message).toMatch(/\w/);
    expect(refused.errors[0]?.detail).toEqual(detail);
    for (const [name, value] of Object.entries(headers)) expect(refused.headers.get(name)).toBe(value);
  });
});

/** The status of a request that is sent byte for byte; 0 when the connection is closed without an answer. */
async function rawStatus(server: TestServer, head: string): Promise<number> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(Buffer.from(`${head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 'latin1'));
  let text = '';
  socket.on('error', () => {});
  try {
    for await (const chunk of socket) text += String(chunk);
  } catch {
    // Reset after the answer.
  }
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
}

describe('a request that makes no sense', () => {
  it.each([
    ['GET /v2/%', 404],
    ['GET /v2/%zz/tags/list', 400],
    ['GET /v2/%ff%fe/tags/list', 400],
    ['GET /v2/a%00b/tags/list', 400],
    ['GET /v2/a\0b/tags/list', 400],
    ['GET /v2/a/manifests/%00', 404],
    ['GET /v2/a/manifests/v%2F1', 404],
    ['GET /v2/a/manifests/..', 404],
    ['GET /v2/a/../b/tags/list', 400],
    ['GET /v2/a/%2e%2e/b/tags/list', 400],
    ['GET /v2/../../etc/passwd', 404],
    ['GET /v2//tags/list', 404],
    ['GET /v2/a//b/tags/list', 400],
    ['GET /v2/a/blobs/..%2F..%2Fx', 400],
    ['GET /v2/a/blobs/uploads/..%2F..%2Fx', 404],
    ['GET /v2/a/blobs/uploads/%00', 404],
    ['GET /v2/a/referrers/x', 400],
    [`GET /v2/${'a/'.repeat(2000)}tags/list`, 400],
    [`GET /v2/${'a'.repeat(4000)}/tags/list`, 400],
    [`GET /v2/${'a'.repeat(200_000)}/tags/list`, 431],
    [`GET /v2/a/manifests/${'v'.repeat(4000)}`, 404],
    ['GET /', 404],
    ['GET /v2', 200],
    ['GET /v2/x', 404],
    ['GET *', 404],
    ['GET http://other.example/v2/', 200],
    ['OPTIONS /v2/', 405],
    ['TRACE /v2/', 405],
    ['PROPFIND /v2/a/manifests/v1', 405],
    ['PURGE /v2/a/tags/list', 405],
    ['BREW /v2/', 400],
    ['get /v2/', 400],
  ])('%j is answered %d', async (head, status) => {
    const server = await startServer({ transport: 'http1' });
    expect(await rawStatus(server, head)).toBe(status);
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
  });
});
