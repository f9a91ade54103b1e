import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RegistryState } from '@wharfinger/registry/config';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAuthority } from '../pki/authority.ts';
import { type Credentials, rootIssuer } from '../pki/issuer.ts';
import { issueLeaf } from '../pki/leaf.ts';
import { createReplicaClient, type ReplicaClient, ReplicaError } from './replica-client.ts';

const serverName = 'team-a-0.team-a-pods.ns.wharfinger.internal';
const state: RegistryState = {
  pod: 'team-a-0',
  boot: 'b',
  version: '0.1.0',
  observed: { registry: '', collection: '' },
  writes: 'open',
  heldWrites: 0,
  windowExpired: false,
  prepared: false,
  restart: null,
  workers: [],
  collection: null,
  certificate: '',
  htpasswd: '',
};
let authority: Credentials;
let serving: Credentials;
let client: Credentials;
let stranger: Credentials;
let server: Server;
let stopped: TcpServer;
let replicas: ReplicaClient;
let answer: { status: number; body: string };
let connections: string[];
let paths: string[];

beforeAll(async () => {
  const common = { key: { algorithm: 'RSA', size: 2048 }, validityDays: 1, now: new Date() } as const;
  [authority, stranger] = await Promise.all([
    createAuthority({ ...common, subject: { commonName: 'internal' } }),
    createAuthority({ ...common, subject: { commonName: 'stranger' } }),
  ]);
  const leaf = { ...common, issuer: rootIssuer(authority), ipAddresses: [] };
  [serving, client] = await Promise.all([
    issueLeaf({
      ...leaf,
      usage: 'server',
      subject: { commonName: 's' },
      dnsNames: ['*.team-a-pods.ns.wharfinger.internal'],
    }),
    issueLeaf({ ...leaf, usage: 'client', subject: { commonName: 'operator' }, dnsNames: [] }),
  ]);
  stopped = createTcpServer(() => undefined).listen(0, '127.0.0.1');
  await once(stopped, 'listening');
});

afterAll(() => {
  stopped.close();
});

beforeEach(async () => {
  answer = { status: 200, body: JSON.stringify(state) };
  connections = [];
  paths = [];
  const { certificate: cert, privateKey: key } = serving;
  server = createServer({
    cert,
    key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('secureConnection', (socket: TLSSocket) => connections.push(socket.servername || ''));
  server.on('request', (request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  replicas = createReplicaClient({ clientCertificate: () => certificateOf(client) });
});

afterEach(async () => {
  replicas.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function certificateOf(credentials: Credentials): { cert: string; key: string; ca: string } {
  return { cert: credentials.certificate, key: credentials.privateKey, ca: authority.certificate };
}

function address(
  overrides: { serverName?: string; port?: number } = {},
): Parameters<ReplicaClient['state']>[0] {
  return { podIP: '127.0.0.1', serverName, port: (server.address() as AddressInfo).port, ...overrides };
}

test('reads the state over mutual TLS with the name of the pod, and keeps the connection', async () => {
  expect(await replicas.state(address(), 2_000)).toEqual(state);
  expect(await replicas.state(address(), 2_000)).toEqual(state);
  expect(connections).toEqual([serverName]);
});

test('refuses a pod whose certificate has another name', async () => {
  const other = address({ serverName: 'team-b-0.team-b-pods.ns.wharfinger.internal' });
  await expect(replicas.state(other, 2_000)).rejects.toThrow(/does not match certificate/);
});

test('is refused without a certificate of the internal CA, and takes up a rotated one', async () => {
  let current = stranger;
  const rotating = createReplicaClient({ clientCertificate: () => certificateOf(current) });
  await expect(rotating.state(address(), 2_000)).rejects.toBeInstanceOf(ReplicaError);
  current = client;
  expect(await rotating.state(address(), 2_000)).toEqual(state);
  rotating.close();
});

test('a stopped process that accepts connections costs the time-out and no more', async () => {
  const port = (stopped.address() as AddressInfo).port;
  const begin = performance.now();
  await expect(replicas.state(address({ port }), 200)).rejects.toThrow('did not answer within 200 ms');
  expect(performance.now() - begin).toBeLessThan(600);
});

test('an answer that trickles in is cut at the time-out too', async () => {
  server.removeAllListeners('request');
  server.on('request', (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(timer));
  });
  await expect(replicas.state(address(), 200)).rejects.toThrow('did not answer within 200 ms');
});

test('an answer that is no state is refused with the field that is wrong', async () => {
  answer.body = JSON.stringify({ ...state, writes: 'maybe' });
  await expect(replicas.state(address(), 2_000)).rejects.toThrow(
    /^the state endpoint's answer is not valid: writes: /,
  );
  answer.body = 'not JSON';
  await expect(replicas.state(address(), 2_000)).rejects.toThrow(/is not valid/);
  answer = { status: 503, body: '' };
  await expect(replicas.state(address(), 2_000)).rejects.toThrow('the state endpoint answered 503');
});

test('asks for the plan of a run; a replica that has none has none', async () => {
  answer.body = '{"repositories":[]}';
  expect(await replicas.plan(address(), 'run 1', 2_000)).toEqual({ repositories: [] });
  expect(paths).toEqual(['/plan?run=run%201']);
  answer = { status: 404, body: '{"error":"there is none"}' };
  expect(await replicas.plan(address(), 'run-1', 2_000)).toBeUndefined();
  answer = { status: 503, body: '' };
  await expect(replicas.plan(address(), 'run-1', 2_000)).rejects.toThrow('the state endpoint answered 503');
  answer = { status: 200, body: '{"repositories":' };
  await expect(replicas.plan(address(), 'run-1', 2_000)).rejects.toThrow('is not JSON');
  answer = { status: 200, body: `"${'x'.repeat(16 * 2 ** 20)}"` };
  await expect(replicas.plan(address(), 'run-1', 10_000)).rejects.toThrow('is longer than 16777216 bytes');
});

test('a port where nobody listens is an error at once', async () => {
  const free = createTcpServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await expect(replicas.state(address({ port }), 2_000)).rejects.toThrow(/cannot be reached.*ECONNREFUSED/);
});
