import { once } from 'node:events';
import { type ClientHttp2Stream, connect as connectSession } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Connections, trackConnections } from './connections.ts';
import { createRegistryServer } from './registry-server.ts';

interface Answering {
  write(chunk: Buffer): boolean;
  end(): unknown;
}

/** A server with short graces; `answer` gets each response. */
async function startServer(answer: (response: Answering) => void): Promise<{
  connections: Connections;
  port: number;
  /** Resolves when the n-th request has come. */
  requests: (count: number) => Promise<void>;
}> {
  const server = createRegistryServer({ tls: null, http2: true });
  const connections = trackConnections({
    server,
    stallLimit: 200,
    firstRequestGrace: 600,
  });
  let count = 0;
  server.http1.on('request', (request, response) => {
    connections.begin(request, response);
    count++;
    answer(response);
  });
  server.http2?.on('request', (request, response) => {
    connections.beginHttp2(request, response);
    count++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.listener.close());
  return {
    connections,
    port: (server.listener.address() as AddressInfo).port,
    requests: (wanted) => expect.poll(() => count, { timeout: 10_000 }).toBe(wanted),
  };
}

const limits = { rest: 100, patience: 300 };

/** Whether a drain ends within `limit` ms. */
function drains(connections: Connections, limit = 900): Promise<boolean> {
  return Promise.race([
    connections.drain(limits).then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, limit, false)),
  ]);
}

describe('draining connections of HTTP/1.1', () => {
  /** Drains a server whose one client has sent `head` and then does nothing. */
  async function drainsWith(head: string, answer: (response: Answering) => void): Promise<boolean> {
    const { connections, port, requests } = await startServer(answer);
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => {}).pause();
    client.write(head);
    await requests(1);
    return drains(connections);
  }

  it('gives up a client that never ends its body, or never reads its answer', async () => {
    const body = 'PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab';
    expect(await drainsWith(body, () => {})).toBe(true);
    const large = Buffer.alloc(32 * 1024 * 1024);
    const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(await drainsWith(get, (response) => response.write(large))).toBe(true);
  });

  it('waits for an answer that this process is still working on', async () => {
    const put = 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab';
    expect(await drainsWith(put, () => {})).toBe(false);
  });

  it('sees a request that came while this process had no time to look', async () => {
    const { connections, port, requests } = await startServer((response) => response.end());
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => {}).resume();
    const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    client.write(get);
    await once(client, 'data');
    const drained = connections.drain(limits);
    client.write(get);
    // Longer than the connection may rest.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    await requests(2);
    await drained;
  });

  it('keeps a connection that rests, until it is told to wait no longer', async () => {
    const { connections, port, requests } = await startServer((response) => response.end());
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.on('error', () => {}).resume();
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await requests(1);
    const drained = connections.drain({ ...limits, rest: 60_000 });
    expect(await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 500, 'rests'))])).toBe(
      'rests',
    );
    void connections.drain(limits);
    await drained;
  });

  it('gives up a client that has said nothing', async () => {
    const { connections, port } = await startServer(() => {});
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    expect(await drains(connections)).toBe(true);
  });
});

describe('draining sessions of HTTP/2', () => {
  type Session = ReturnType<typeof connectSession>;

  function open(port: number): { session: Session; goaways: number[] } {
    const session = connectSession(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    session.on('error', () => {});
    const goaways: number[] = [];
    session.on('goaway', (_code, lastStream) => goaways.push(lastStream));
    return { session, goaways };
  }

  function statusOf(stream: ClientHttp2Stream): Promise<number | string> {
    return new Promise((resolve) => {
      stream.on('response', (headers) => resolve(Number(headers[':status'])));
      stream.on('error', (error) => resolve(error.message));
      stream.on('close', () => resolve('closed without an answer'));
      stream.resume();
    });
  }

  it('ends a session when it rests, and no sooner', async () => {
    const answers: Answering[] = [];
    const { connections, port, requests } = await startServer((response) => void answers.push(response));
    const { session, goaways } = open(port);
    const first = statusOf(session.request({ ':path': '/' }));
    await requests(1);
    const drained = connections.drain(limits);
    await new Promise((resolve) => setTimeout(resolve, 150));
    // It is draining, and takes what comes on a session that it has.
    const second = statusOf(session.request({ ':path': '/' }));
    await requests(2);
    expect([goaways, connections.requestsInFlight]).toEqual([[], 2]);
    for (const answer of answers) answer.end();
    expect([await first, await second]).toEqual([200, 200]);
    await drained;
    expect([new Set(goaways), connections.requestsInFlight]).toEqual([new Set([3]), 0]);
  });

  it('ends a session that never rests between two requests', async () => {
    const { connections, port } = await startServer((response) => void setTimeout(() => response.end(), 5));
    const { session, goaways } = open(port);
    const statuses = [await statusOf(session.request({ ':path': '/' }))];
    const drained = connections.drain(limits);
    while (goaways.length === 0 && statuses.length < 500)
      statuses.push(await statusOf(session.request({ ':path': '/' })));
    await drained;
    // The last one may have been on its way when the session ended.
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(10);
  });

  it('lets a stream that is open come to its end after it has stopped taking others', async () => {
    const answers: Answering[] = [];
    const { connections, port, requests } = await startServer((response) => void answers.push(response));
    const { session, goaways } = open(port);
    const first = statusOf(session.request({ ':path': '/' }));
    await requests(1);
    const drained = connections.drain(limits);
    await expect.poll(() => goaways).toEqual([1]);
    answers[0]?.end();
    expect(await first).toBe(200);
    await drained;
  });

  it('gives up a stream that does not move, however often its client pings', async () => {
    const { connections, port, requests } = await startServer(() => {});
    const { session } = open(port);
    const status = statusOf(session.request({ ':path': '/', ':method': 'PATCH' }, { endStream: false }));
    await requests(1);
    const pings = setInterval(() => !session.destroyed && session.ping(() => {}), 50);
    onTestFinished(() => clearInterval(pings));
    expect(await drains(connections)).toBe(true);
    expect(await status).toMatch(/CANCEL|closed without/);
  });

  it('waits for an answer that this process is still working on', async () => {
    const { connections, port, requests } = await startServer(() => {});
    const { session } = open(port);
    session.request({ ':path': '/', ':method': 'PUT' }, { endStream: true }).on('error', () => {});
    await requests(1);
    expect(await drains(connections)).toBe(false);
  });

  it('gives up a client that takes no notice of the end of its session', async () => {
    const { connections, port } = await startServer((response) => response.end());
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    client.on('error', () => {}).resume();
    // An empty SETTINGS frame after it (RFC 9113, 3.4).
    client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    await once(client, 'data');
    expect(await drains(connections, 2_000)).toBe(true);
  });

  it('ends a session that never had a stream', async () => {
    const { connections, port } = await startServer(() => {});
    const { session } = open(port);
    await once(session, 'remoteSettings');
    expect(await drains(connections)).toBe(true);
  });
});

describe('a server that does not drain', () => {
  const large = Buffer.alloc(32 * 1024 * 1024);

  it('cuts off an exchange of HTTP/1.1 that does not move, and no other', async () => {
    const { connections, port, requests } = await startServer((response) => response.write(large));
    const open = (head = ''): Socket => {
      const client = connect(port, '127.0.0.1', () => client.write(head));
      onTestFinished(() => void client.destroy());
      return client.on('error', () => {});
    };
    const ended = once(open().resume(), 'close').then(() => 'an idle connection has ended');
    open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    open('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n');
    await requests(2);
    expect(connections.requestsInFlight).toBe(2);
    await expect.poll(() => connections.requestsInFlight, { timeout: 3_000 }).toBe(0);
    expect(await Promise.race([ended, Promise.resolve('none')])).toBe('none');
  });

  it('cuts off a stream that does not move, and keeps its session', async () => {
    let answers = 0;
    const { connections, port, requests } = await startServer((response) => {
      if (answers++ === 0) response.write(large.subarray(0, 1024 * 1024));
      else response.end();
    });
    const session = connectSession(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 0 } });
    onTestFinished(() => session.destroy());
    const stalled = session.request({ ':path': '/' });
    stalled.on('error', () => {});
    await requests(1);
    await expect.poll(() => connections.requestsInFlight, { timeout: 3_000 }).toBe(0);
    session.request({ ':path': '/' });
    await requests(2);
  });
});
