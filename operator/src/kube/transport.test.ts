import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configMaps, secrets } from './builtin-kinds.ts';
import { type Client, createClient, WriteFencedError } from './client.ts';
import { ApiError, isConflict, isNotFound, UnreachableError } from './errors.ts';
import { answer, answerStatus, failing, type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createTransport, type Transport } from './transport.ts';

const path = '/api/v1/namespaces/ns/configmaps';
const any = (): boolean => true;
let server: FakeApiServer;
let transport: Transport;
let client: Client;

beforeEach(async () => {
  server = await startFakeApiServer(path);
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log: createRecordedLog() });
  client = createClient({ transport, fieldManager: 'tester' });
});

afterEach(async () => {
  await transport.close();
  await server.close();
});

test('fifty calls one after the other share their connections', async () => {
  for (let index = 0; index < 50; index += 1) await client.list(configMaps, { namespace: 'ns' });
  expect(server.connections()).toBeLessThanOrEqual(2);
  expect(server.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer a-token',
    'user-agent': 'test',
  });
});

test('a refusal becomes an ApiError with the Status', async () => {
  const error = await client
    .get(configMaps, { namespace: 'ns', name: 'none' })
    .catch((cause: unknown) => cause);
  expect(isNotFound(error)).toBe(true);
  expect(error).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: `GET ${path}/none: NotFound: by the test`,
  });
  expect(await client.find(configMaps, { namespace: 'ns', name: 'none' })).toBeUndefined();
});

test('a GET is tried again after a cut connection, a 503 and a 429 with Retry-After', async () => {
  server.faults.push(failing(1, any, (response) => response.destroy()));
  server.faults.push(failing(1, any, (response) => answerStatus(response, 503, 'ServiceUnavailable')));
  server.faults.push(
    failing(1, any, (response) => response.writeHead(429, { 'retry-after': '1' }).end('busy')),
  );
  const begin = performance.now();
  expect((await client.list(configMaps, { namespace: 'ns' })).items).toEqual([]);
  expect(server.requests).toHaveLength(4);
  expect(performance.now() - begin).toBeGreaterThan(1000);
});

test('gives up after the last retry with the last refusal', async () => {
  server.faults.push(failing(10, any, (response) => answerStatus(response, 500, 'InternalError')));
  await expect(client.list(configMaps, { retries: 1 })).rejects.toMatchObject({ code: 500 });
  expect(server.requests).toHaveLength(2);
});

test('a create is not sent again after a cut connection, but after a 429', async () => {
  server.faults.push(failing(1, any, (response) => response.destroy()));
  const manifest = { metadata: { namespace: 'ns', name: 'a' } };
  await expect(client.create(configMaps, manifest)).rejects.toBeInstanceOf(UnreachableError);
  server.faults.push(failing(1, any, (response) => answerStatus(response, 429, 'TooManyRequests')));
  await client.create(configMaps, manifest);
  expect(server.requests.map((request) => request.method)).toEqual(['POST', 'POST', 'POST']);
});

test('an answer that does not come ends with the time-out, and the signal with its reason', async () => {
  server.faults.push(failing(2, any, () => undefined));
  const slow = client.list(configMaps, { timeoutMs: 50, retries: 0 });
  await expect(slow).rejects.toThrow(/no answer within 50 ms/);
  const reason = new Error('stopping');
  const controller = new AbortController();
  const aborted = client.list(configMaps, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(aborted).rejects.toBe(reason);
});

test('an expired continue token leads to a list in one piece', async () => {
  for (const name of ['a', 'b', 'c']) server.put({ metadata: { namespace: 'ns', name } });
  const second = (request: { query: URLSearchParams }): boolean => request.query.has('continue');
  server.faults.push(failing(1, second, (response) => answerStatus(response, 410, 'Expired')));
  const { items } = await client.list(configMaps, { namespace: 'ns', pageSize: 2 });
  expect(items.map((item) => [item.kind, item.metadata.name])).toEqual([
    ['ConfigMap', 'a'],
    ['ConfigMap', 'b'],
    ['ConfigMap', 'c'],
  ]);
  expect(server.requests.at(-1)?.query.has('limit')).toBe(false);
});

test('apply is a PATCH in apply format with manager and force', async () => {
  server.faults.push(failing(1, any, (response) => answerStatus(response, 409, 'Conflict')));
  const apply = client.apply(configMaps, { metadata: { namespace: 'ns', name: 'a' }, data: { x: '1' } });
  expect(isConflict(await apply.catch((error: unknown) => error))).toBe(true);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'PATCH', path: `${path}/a` });
  expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
  expect(Object.fromEntries(request?.query ?? [])).toEqual({ fieldManager: 'tester', force: 'true' });
  expect(JSON.parse(request?.body ?? '')).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'ns', name: 'a' },
    data: { x: '1' },
  });
});

test('a status that went to another incarnation is a conflict', async () => {
  const object = { metadata: { namespace: 'ns', name: 'a', uid: 'new' } };
  server.faults.push(failing(2, any, (response) => answer(response, 200, object)));
  const manifest = (uid: string): Parameters<Client['applyStatus']>[1] => ({
    metadata: { ...object.metadata, uid },
    status: {},
  });
  const stale = await client.applyStatus(configMaps, manifest('old')).catch((error: unknown) => error);
  expect(isConflict(stale)).toBe(true);
  expect(await client.applyStatus(configMaps, manifest('new'))).toEqual(object);
});

test('a fenced client sends no write, but reads', async () => {
  const fenced = createClient({ transport, fieldManager: 'tester', mayWrite: () => false });
  await expect(fenced.delete(configMaps, { namespace: 'ns', name: 'a' })).rejects.toBeInstanceOf(
    WriteFencedError,
  );
  await fenced.list(configMaps, { namespace: 'ns' });
  expect(server.requests.map((request) => request.method)).toEqual(['GET']);
});

test('what a server says of a Secret is reduced to reason and fields', async () => {
  const status = {
    kind: 'Status',
    reason: 'Invalid',
    message: 'Secret "s" is invalid: data[p]: Invalid value: "hunter2"',
    details: { causes: [{ field: 'data[p]', message: 'Invalid value: "hunter2"' }] },
  };
  server.faults.push(failing(1, any, (response) => response.writeHead(422).end(JSON.stringify(status))));
  const apply = client.apply(secrets, { metadata: { namespace: 'ns', name: 's' } });
  const error = await apply.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).message).toBe('PATCH /api/v1/namespaces/ns/secrets/s: Invalid (data[p])');
  expect(JSON.stringify((error as ApiError).details)).not.toContain('hunter2');
});

test('a missing namespace or name is refused before anything is sent', async () => {
  await expect(client.apply(configMaps, { metadata: { name: 'a' } })).rejects.toThrow(
    'metadata.namespace is missing',
  );
  await expect(client.apply(configMaps, { metadata: { namespace: 'ns' } })).rejects.toThrow(
    'metadata.name is empty',
  );
  expect(server.requests).toEqual([]);
});

test('a rotated token file is read again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'token-'));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, 'first\n');
  const kubeConfig = new KubeConfig();
  const cluster = server.kubeConfig.getCurrentCluster();
  kubeConfig.loadFromClusterAndUser(
    { ...cluster, name: 'c', server: cluster?.server ?? '', skipTLSVerify: true },
    { name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile } } },
  );
  const rotating = createTransport({ kubeConfig, userAgent: 'test', log: createRecordedLog() });
  const rotatingClient = createClient({ transport: rotating, fieldManager: 'tester' });
  await rotatingClient.list(configMaps, { namespace: 'ns' });
  await writeFile(tokenFile, 'second\n');
  // client-node reads the file again after a minute, and here a 401 makes us ask it at once.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
  server.faults.push(failing(1, any, (response) => answerStatus(response, 401, 'Unauthorized')));
  await rotatingClient.list(configMaps, { namespace: 'ns' });
  vi.useRealTimers();
  const tokens = server.requests.map((request) => request.headers.authorization);
  expect(tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  await rotating.close();
  await rm(directory, { recursive: true });
});
