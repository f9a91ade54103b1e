import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { trackConnections } from './connections.ts';

/** Drains a server whose one client has sent `head` and then does nothing, and tells whether that ended. */
async function drainsWith(head: string, answer: (write: (chunk: Buffer) => void) => void): Promise<boolean> {
  const server = createServer();
  const connections = trackConnections({ server, encrypted: false, stallLimit: 200 });
  server.on('request', (request, response) => {
    connections.begin(request, response);
    answer((chunk) => response.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
  });
  client.on('error', () => {}).pause();
  client.write(head);
  await once(server, 'request');
  return Promise.race([
    connections.drain().then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 900, false)),
  ]);
}

it('gives up a client that never ends its body, or never reads its answer', async () => {
  const body = 'PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab';
  expect(await drainsWith(body, () => {})).toBe(true);
  const large = Buffer.alloc(32 * 1024 * 1024);
  expect(await drainsWith('GET / HTTP/1.1\r\nHost: x\r\n\r\n', (write) => write(large))).toBe(true);
});

it('waits for an answer that this process is still working on', async () => {
  expect(await drainsWith('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab', () => {})).toBe(false);
});
