import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistryClient, type RegistryClient } from './registry-client.ts';

/** A server that answers `answers` requests of each connection and cuts it at the next one. */
async function startCuttingServer(answers: number): Promise<{ client: RegistryClient; requests: string[] }> {
  const requests: string[] = [];
  const counts = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    const count = (counts.get(request.socket) ?? 0) + 1;
    counts.set(request.socket, count);
    requests.push(`${request.method} ${count}`);
    if (count > answers) request.socket.destroy();
    else response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dial = async (): Promise<ReturnType<typeof connect>> => connect(port, '127.0.0.1');
  const client = createRegistryClient({ dial, hostname: 'localhost', trust: undefined, logins: [] });
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { client, requests };
}

test('a connection that ends just when it is used again is replaced', async () => {
  const { client, requests } = await startCuttingServer(1);
  for (const method of ['GET', 'GET', 'DELETE'] as const) {
    expect((await client.call(method, '/v2/')).status).toBe(200);
  }
  expect(requests).toEqual(['GET 1', 'GET 2', 'GET 1', 'DELETE 2', 'DELETE 1']);
});

test('a server that cuts every connection is given up', async () => {
  const { client, requests } = await startCuttingServer(0);
  await expect(client.call('GET', '/v2/')).rejects.toThrow('GET /v2/: socket hang up');
  expect(requests.length).toBe(5);
});

test('a connection that cannot be had is told as it is', async () => {
  const dial = (): Promise<never> => Promise.reject(new Error('no pod'));
  const client = createRegistryClient({ dial, hostname: 'localhost', trust: undefined, logins: [] });
  await expect(client.call('GET', '/v2/')).rejects.toThrow('GET /v2/: no pod');
});
