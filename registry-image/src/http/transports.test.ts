import { createHash, randomBytes } from 'node:crypto';
import { connect as connectSession } from 'node:http2';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { startServer, type TestServer } from './test-server.ts';
import { transports } from './transport-client.ts';

const htpasswd = 'ci:$2b$04$RoRP9LQ.fc5CmgVhYeVNDeGRXe8.DRLWhLPrpxgy/Ur6nZiMB4Zd.\n';
const locked = 'storage: inmemory\nauth: {htpasswd: {realm: r, path: /htpasswd}}';
/** Larger than every window and buffer on the way. */
const large = randomBytes(9 * 1024 * 1024);

function pieces(content: Buffer): Readable {
  return Readable.from(
    (function* cut(): Generator<Buffer> {
      for (let at = 0; at < content.length; at += 50_000) yield content.subarray(at, at + 50_000);
    })(),
  );
}

async function beginUpload({ client }: TestServer): Promise<string> {
  const { headers } = await client.request('POST', '/v2/a/blobs/uploads/');
  const { pathname, search } = new URL(headers['location'] ?? '');
  return pathname + search;
}

describe.each(transports)('over %s', (transport) => {
  it('an upload of several requests arrives, and is read back whole and in parts', async () => {
    const server = await startServer({ transport });
    const { client } = server;
    const upload = await beginUpload(server);
    const half = large.length / 2;
    const patched = await client.request('PATCH', upload, { body: pieces(large.subarray(0, half)) });
    expect([patched.status, patched.headers['range']]).toEqual([202, `0-${half - 1}`]);
    const path = new URL(patched.headers['location'] ?? '');
    const digest = `sha256:${createHash('sha256').update(large).digest('hex')}`;
    const put = await client.request('PUT', `${path.pathname}${path.search}&digest=${digest}`, {
      body: pieces(large.subarray(half)),
    });
    expect([put.status, put.headers['docker-content-digest']]).toEqual([201, digest]);

    const blob = `/v2/a/blobs/${digest}`;
    const whole = await client.request('GET', blob);
    expect([whole.status, whole.headers['content-length']]).toEqual([200, String(large.length)]);
    expect(whole.body.equals(large)).toBe(true);
    const part = await client.request('GET', blob, { headers: { range: 'bytes=5-100004' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 5-100004/${large.length}`]);
    expect(part.body.equals(large.subarray(5, 100_005))).toBe(true);
    const head = await client.request('HEAD', blob);
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(large.length),
      0,
    ]);
    const cached = await client.request('GET', blob, { headers: { 'if-none-match': `"${digest}"` } });
    expect([cached.status, cached.body.length]).toEqual([304, 0]);
    const status = await client.request('GET', await beginUpload(server));
    expect([status.status, status.body.length]).toEqual([204, 0]);
  });

  it('an answer comes before the end of a body that nobody wants, and the connection is of use after it', async () => {
    const { client } = await startServer({ transport, yaml: locked, htpasswd });
    const path = `/v2/a/blobs/uploads/?digest=${digestOf('x')}`;
    for (const body of [large, pieces(large), 'x']) {
      const answer = await client.request('POST', path, { body });
      expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([
        401,
        { errors: [{ code: 'UNAUTHORIZED' }] },
      ]);
    }
    const head = await client.request('HEAD', '/v2/');
    expect([head.status, head.body.length]).toEqual([401, 0]);
    expect(head.headers['www-authenticate']).toContain('realm="r"');
  });

  it('an upload that its client breaks off keeps what had arrived, and is gone on with', async () => {
    const server = await startServer({ transport });
    const { client } = server;
    const upload = await beginUpload(server);
    const gone = new AbortController();
    const body = new Readable({ read: () => {} });
    body.push(large.subarray(0, 1000));
    const sent = client.request('PATCH', upload, { body, signal: gone.signal });
    await expect.poll(async () => (await client.request('GET', upload)).headers['range']).toBe('0-999');
    gone.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(() => server.log.some(({ complete }) => complete === false)).toBe(true);
    const rest = await client.request('PATCH', upload, {
      body: large.subarray(1000, 2000),
      headers: { 'content-range': '1000-1999' },
    });
    expect([rest.status, rest.headers['range']]).toEqual([202, '0-1999']);
    // Level 50 is an error of ours.
    expect(server.log.filter(({ level }) => level === 50)).toEqual([]);
  });

  it('every answer has the headers of the config and none that the protocol forbids', async () => {
    const headers = '{X-Content-Type-Options: [nosniff], X-Two: [a, b], Keep-Alive: [timeout=9]}';
    const { client } = await startServer({
      transport,
      yaml: `storage: inmemory\nhttp: {headers: ${headers}}`,
    });
    for (const path of ['/v2/', '/v2/a/tags/list', '/nowhere', `/v2/a/blobs/${digestOf('none')}`]) {
      const { headers: found } = await client.request('GET', path);
      expect(found).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-two': 'a, b',
        'docker-distribution-api-version': 'registry/2.0',
      });
      expect(found['keep-alive']).toBe(transport.startsWith('http2') ? undefined : 'timeout=9');
    }
  });

  it('100 Continue is sent to who waits for it', async () => {
    const server = await startServer({ transport });
    const digest = digestOf('hello');
    const path = `/v2/a/blobs/uploads/?digest=${digest}`;
    const answer = await server.client.request('POST', path, {
      headers: { expect: '100-continue' },
      body: 'hello',
    });
    expect(answer.status).toBe(201);
  });
});

describe('HTTP/2 without TLS', () => {
  it('begins with its preface, in whatever pieces that comes', async () => {
    const { url } = await startServer({ transport: 'http2-cleartext' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const answer = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    for (const piece of ['P', 'RI * HTTP/2.0\r\n', '\r\nSM\r\n\r', '\n']) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    socket.write(Buffer.from('000000040000000000', 'hex'));
    // A frame of type SETTINGS (RFC 9113, 6.5) on stream 0.
    expect([...(await answer).subarray(3, 9)]).toEqual([4, 0, 0, 0, 0, 0]);
  });

  it.each(['PRIVATE / HTTP/1.1', 'P', 'GET /v2/ HTTP/1.1'])('is not what begins with %s', async (begin) => {
    const { url } = await startServer({ transport: 'http2-cleartext' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const answer = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    socket.write(begin);
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.write(begin === 'P' ? 'UT /v2/ HTTP/1.1\r\nHost: x\r\n\r\n' : '\r\nHost: x\r\n\r\n');
    expect((await answer).toString()).toMatch(/^HTTP\/1\.1 /);
  });
});

describe('a session of HTTP/2', () => {
  it('ends a stream whose body nobody wants without an error, and goes on', async () => {
    const server = await startServer({ transport: 'http2-cleartext', yaml: locked, htpasswd });
    const session = connectSession(server.url);
    onTestFinished(() => session.destroy());
    for (let count = 0; count < 3; count++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/v2/a/blobs/uploads/?digest=x',
        'content-length': '1000000000',
      });
      // More than is read of a body that nobody wants.
      pieces(Buffer.concat([large, large])).pipe(stream, { end: false });
      let body = '';
      stream.setEncoding('utf8').on('data', (text: string) => (body += text));
      const began = performance.now();
      const code = await new Promise((resolve) => {
        stream.on('error', resolve);
        stream.on('close', () => resolve(stream.rstCode));
      });
      expect([code, JSON.parse(body)]).toMatchObject([0, { errors: [{ code: 'UNAUTHORIZED' }] }]);
      // Less than the time for which a client that sends little is listened to.
      expect(performance.now() - began).toBeLessThan(4_000);
    }
  });

  it('ends an answer that fails midway with a reset, never with an end', async () => {
    const server = await startServer({ transport: 'http2-cleartext' });
    const digest = await server.pushBlob('a', 'x'.repeat(300_000));
    const reader = server.driver.reader.bind(server.driver);
    Object.assign(server.driver, {
      async reader(...input: Parameters<typeof reader>) {
        const content = await reader(...input);
        return Object.assign(content, {
          async *[Symbol.asyncIterator]() {
            yield Buffer.alloc(1000);
            throw new Error('the disk broke');
          },
        });
      },
    });
    const session = connectSession(server.url);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': `/v2/a/blobs/${digest}` });
    const code = await new Promise((resolve) => {
      stream.on('error', () => {});
      stream.on('close', () => resolve(stream.rstCode));
      stream.resume();
    });
    expect(code).toBe(2);
  });
});
