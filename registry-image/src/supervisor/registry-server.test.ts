import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect as connectPlainly } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { tlsPolicyOf } from '../tls/policy.ts';
import { makeTestCertificate } from '../tls/test-certificates.ts';
import { createRegistryServer, type RegistryServer } from './registry-server.ts';

const serving = makeTestCertificate('serving');
const authority = makeTestCertificate('authority');
const good = makeTestCertificate('good', authority);
const foreign = makeTestCertificate('foreign');

async function listen(
  server: RegistryServer,
  answer: (response: ServerResponse) => void = (response) => void response.end('ok'),
): Promise<number> {
  server.http1.on('request', (_, response) => answer(response));
  server.listener.listen(0, '127.0.0.1');
  await once(server.listener, 'listening');
  onTestFinished(() => {
    server.http1.closeAllConnections();
    server.listener.close();
  });
  return (server.listener.address() as AddressInfo).port;
}

/** A server with this `http.tls`. */
function listenSecurely(tls: object): Promise<number> {
  const { config } = parseConfig(
    JSON.stringify({
      version: '0.1',
      storage: 'inmemory',
      http: { tls: { certificate: '/crt', key: '/key', ...tls } },
    }),
    {},
  );
  if (!config.http.tls) throw new Error('no TLS');
  const policy = tlsPolicyOf(config.http.tls);
  const material = { ...serving, clientCas: [authority.certificate] };
  return listen(createRegistryServer({ tls: { material, policy }, http2: true }));
}

/** A TLS connection over which a request was answered; rejects when it was not. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    onTestFinished(() => void socket.destroy());
    socket.on('secureConnect', () => socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
}

describe('http.tls.clientauth', () => {
  it.each([
    ['require-and-verify-client-cert', false, false],
    ['verify-client-cert-if-given', true, false],
    ['require-any-client-cert', false, true],
    ['request-client-cert', true, true],
  ])(
    '%s: takes a client without a certificate: %s, with a foreign one: %s',
    async (clientauth, ...expected) => {
      const port = await listenSecurely({ clientcas: ['/ca'], clientauth });
      const accepted = (client?: typeof good): Promise<boolean> =>
        handshake(port, client && { cert: client.certificate, key: client.key }).then(
          () => true,
          () => false,
        );
      expect([await accepted(good), await accepted(), await accepted(foreign)]).toEqual([true, ...expected]);
    },
  );

  it('means nothing without authorities', async () => {
    await handshake(await listenSecurely({ clientauth: 'require-and-verify-client-cert' }));
  });
});

describe('http.tls.minimumtls', () => {
  const old = { ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1' } as const;

  it.each([
    ['tls1.3', 'TLSv1.2', false],
    ['tls1.3', 'TLSv1.3', true],
    [undefined, 'TLSv1.1', false],
    [undefined, 'TLSv1.2', true],
    ['tls1.1', 'TLSv1', false],
    ['tls1.0', 'TLSv1', true],
  ] as const)('%s: a client of %s gets an answer: %s', async (minimumtls, maxVersion, answered) => {
    const port = await listenSecurely(minimumtls ? { minimumtls } : {});
    const found = await handshake(port, { ...old, maxVersion }).then(
      (socket) => socket.getProtocol(),
      () => false,
    );
    expect(found).toBe(answered ? maxVersion : false);
  });
});

describe('a connection of HTTP/1.1', () => {
  it('stays open for longer than a client of Go keeps it, and bodies take as long as they need', async () => {
    const { http1 } = createRegistryServer({ tls: null, http2: false });
    expect(http1).toMatchObject({ requestTimeout: 0, keepAliveTimeout: 100_000 });
  });

  it('is closed when its header does not come to an end', async () => {
    const server = createRegistryServer({ tls: null, http2: false });
    const port = await listen(server);
    const socket = connectPlainly(port, '127.0.0.1');
    const ended = once(socket, 'close');
    socket.write('GET / HTTP/1.1\r\n');
    await once(server.http1, 'connection');
    // It is among those that Node looks at every 30 s, which it is not before the server listens.
    server.http1.closeAllConnections();
    await ended;
  });

  it('takes 24 KiB of header fields, and refuses 40', async () => {
    const port = await listen(createRegistryServer({ tls: null, http2: false }));
    const statusWith = (length: number): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${'x'.repeat(length)}` };
        const sent = request({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on('error', reject).end();
      });
    expect([await statusWith(24 * 1024), await statusWith(40 * 1024)]).toEqual([200, 431]);
  });
});

it('asks for the body of a request only when the answers before it are out', async () => {
  const server = createRegistryServer({ tls: null, http2: false });
  const answers: ServerResponse[] = [];
  const port = await listen(server, (response) => void answers.push(response));
  const socket = connectPlainly(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (data: Buffer) => (received += data.toString()));
  const put = 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx';
  socket.write(`GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n${put}`);
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.end(Buffer.from('first'));
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.end(Buffer.from('second'));
  await expect.poll(() => received).toMatch(/second$/);
  const heads = received.match(/HTTP\/1\.1 \d+ \w+|first|second/g);
  expect(heads).toEqual(['HTTP/1.1 200 OK', 'first', 'HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK', 'second']);
});
