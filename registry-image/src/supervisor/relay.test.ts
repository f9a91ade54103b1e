import { once } from 'node:events';
import { createServer, type IncomingMessage, request as sendRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTransportClient, type TransportClient, type Transport } from '../http/transport-client.ts';
import { createRegistryServer } from './registry-server.ts';
import { createRelayListener, dialRelay, listenForRelays, relayPortOf } from './relay-channel.ts';
import { createRelay, restoreOrigin } from './relay.ts';

const key = '5a'.repeat(32);
const patience = 300;

/** What the new worker saw of a request. */
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly remote: string | undefined;
  readonly encrypted: unknown;
}

async function startNewWorker(): Promise<{ port: number; seen: Seen[]; connections: () => number }> {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    restoreOrigin(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers, socket } = request;
      const { encrypted } = socket as { encrypted?: boolean };
      const body = Buffer.concat(chunks).toString();
      seen.push({ method, url, headers, body, remote: socket.remoteAddress, encrypted });
      response.writeHead(request.method === 'DELETE' ? 204 : 201, {
        'X-Answer': 'yes',
        ...(request.method !== 'DELETE' && { 'Content-Length': 6 }),
      });
      response.end(['HEAD', 'DELETE'].includes(method ?? '') ? undefined : 'answer');
    });
  });
  let connections = 0;
  const listener = createRelayListener(key, (socket) => {
    connections++;
    socket.once('close', () => connections--);
    server.emit('connection', socket);
  });
  await listenForRelays(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    listener.close();
  });
  return { port: relayPortOf(listener), seen, connections: () => connections };
}

async function startOldWorker(
  transport: Transport,
  relay: ReturnType<typeof createRelay>,
): Promise<TransportClient> {
  const { listener, http1, http2 } = createRegistryServer({ tls: null, http2: true });
  for (const server of [http1, http2]) {
    server?.on('request', (request, response) =>
      relay(request, response, () => {
        response.statusCode = 299;
        response.end('itself');
      }),
    );
  }
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = createTransportClient({ transport, authority: `127.0.0.1:${port}` });
  onTestFinished(() => {
    client.close();
    http1.closeAllConnections();
    listener.close();
  });
  return client;
}

describe.each(['http1', 'http2-cleartext'] as const)('a relay of requests over %s', (transport) => {
  it('hands them over as they came, less what concerns the connection', async () => {
    const { port, seen } = await startNewWorker();
    const client = await startOldWorker(transport, createRelay({ port, key, patience }));
    const body = 'x'.repeat(300_000);
    const headers = {
      authorization: 'Basic abc',
      'x-wharfinger-relayed-for': '{"remoteAddress":"6.6.6.6","encrypted":true}',
    };
    const answer = await client.request('PUT', '/v2/a?b=c', { headers, body });
    expect([answer.status, answer.body.toString(), answer.headers['x-answer']]).toEqual([
      201,
      'answer',
      'yes',
    ]);
    expect(answer.headers['connection']).toBe(transport === 'http1' ? 'close' : undefined);
    expect(seen).toMatchObject([
      { method: 'PUT', url: '/v2/a?b=c', body, remote: '127.0.0.1', encrypted: false },
    ]);
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Basic abc',
      host: expect.stringContaining(':'),
    });
    expect(seen[0]?.headers).not.toHaveProperty('x-wharfinger-relayed-for');
  });

  it.each(['GET', 'HEAD', 'DELETE', 'POST'])('carries a %s without a body', async (method) => {
    const { port, seen } = await startNewWorker();
    const client = await startOldWorker(transport, createRelay({ port, key, patience }));
    const answer = await client.request(method, '/');
    expect([answer.status, answer.body.length]).toEqual([
      method === 'DELETE' ? 204 : 201,
      ['GET', 'POST'].includes(method) ? 6 : 0,
    ]);
    expect(seen).toMatchObject([{ method, body: '' }]);
  });

  it('says so when no worker can be reached for a time', async () => {
    const client = await startOldWorker(transport, createRelay({ port: 1, key, patience }));
    const begun = performance.now();
    expect((await client.request('GET', '/')).status).toBe(299);
    expect(performance.now() - begun).toBeGreaterThan(patience);
    const { port } = await startNewWorker();
    const stranger = await startOldWorker(transport, createRelay({ port, key: '00'.repeat(32), patience }));
    expect((await stranger.request('GET', '/')).status).toBe(299);
  });

  it('waits for a worker that only begins to listen', async () => {
    const listener = createRelayListener(key, (socket) => server.emit('connection', socket));
    const server = createServer((_, response) => response.end('late'));
    await listenForRelays(listener);
    const port = relayPortOf(listener);
    listener.close();
    await once(listener, 'close');
    const client = await startOldWorker(transport, createRelay({ port, key, patience: 5_000 }));
    const answer = client.request('GET', '/');
    await new Promise((resolve) => setTimeout(resolve, 150));
    listener.listen(port, '127.0.0.1');
    onTestFinished(() => void listener.close());
    expect((await answer).body.toString()).toBe('late');
  });

  it('hands over nothing of a client that has gone meanwhile', async () => {
    const { port, seen, connections } = await startNewWorker();
    const client = await startOldWorker(transport, createRelay({ port, key, patience }));
    for (const milliseconds of [0, 1, 2, 3, 5]) {
      const gone = new AbortController();
      const body = new Readable({ read: () => {} });
      body.push('the begin');
      const answer = client.request('PUT', '/', { body, signal: gone.signal });
      setTimeout(() => gone.abort(), milliseconds);
      await expect(answer).rejects.toThrow();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect.poll(connections).toBe(0);
    expect(seen).toEqual([]);
  });
});

it('names the one authority of a request of HTTP/2', async () => {
  const { port, seen } = await startNewWorker();
  const client = await startOldWorker('http2-cleartext', createRelay({ port, key, patience }));
  await client.request('GET', '/', { headers: { ':authority': 'right:5000', host: 'wrong' } });
  expect(seen[0]?.headers.host).toBe('right:5000');
});

it('a body of a GET stays one, and does not become the next request', async () => {
  const { port, seen } = await startNewWorker();
  const client = await startOldWorker('http1', createRelay({ port, key, patience }));
  const body = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  await client.request('GET', '/', { headers: { 'transfer-encoding': 'chunked' }, body });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(seen.map(({ url }) => url)).toEqual(['/']);
  expect(seen[0]?.body).toBe(body);
});

describe('the channel between workers', () => {
  it('takes nobody without the key of this boot', async () => {
    const { port, seen } = await startNewWorker();
    const strangers = [
      dialRelay(port, '00'.repeat(32)),
      connect({ host: '127.0.0.1', port, rejectUnauthorized: false }),
    ];
    const errors = (await Promise.all(strangers.map((socket) => once(socket, 'error')))) as [Error][];
    for (const [error] of errors) expect(error.message).toMatch(/alert|decrypt|handshake|disconnected/i);
    const plain = sendRequest({ host: '127.0.0.1', port, path: '/v2/' });
    plain.end();
    await once(plain, 'error');
    expect(seen).toEqual([]);
  });
});
