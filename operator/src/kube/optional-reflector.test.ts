import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDiscovery, type Discovery } from './discovery.ts';
import { answer, type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { httpRoutes, type Route, tlsRoutes } from './gateway-kinds.ts';
import { createOptionalReflector, type OptionalReflector } from './optional-reflector.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createReflector } from './reflector.ts';
import { createTransport, type Transport } from './transport.ts';

const group = '/apis/gateway.networking.k8s.io';
let server: FakeApiServer;
let transport: Transport;
let discovery: Discovery;
let reflector: OptionalReflector<Route> | undefined;
let time = 0;
/** Version -> plurals that are served in it. */
let versions: Record<string, string[]>;

beforeEach(async () => {
  time = 0;
  versions = {};
  server = await startFakeApiServer(`${group}/v1/httproutes`);
  server.faults.push((request, response) => {
    const list = Object.keys(versions);
    const version = /^\/v[^/]+$/.exec(request.path.slice(group.length))?.[0].slice(1);
    if (request.path === group && list.length > 0)
      answer(response, 200, {
        versions: list.map((name) => ({ groupVersion: `${group.slice(6)}/${name}` })),
      });
    else if (request.path === group) answer(response, 404, { kind: 'Status', code: 404 });
    else if (version !== undefined)
      answer(response, 200, { resources: (versions[version] ?? []).map((name) => ({ name })) });
    else return false;
    return true;
  });
  const log = createRecordedLog();
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log });
  discovery = createDiscovery({ transport, now: () => time });
  reflector = createOptionalReflector({
    kind: httpRoutes,
    discovery,
    create: (kind, onNotServed) =>
      createReflector({ transport, kind, onNotServed, log, timing: { forbiddenMs: [4000, 4000] } }),
    log,
    patienceMs: 1000,
  });
});

afterEach(async () => {
  await reflector?.stop();
  await transport.close();
  await server.close();
});

test('a kind that is not served is asked for once in a while, and followed when it is', async () => {
  const seen: string[] = [];
  reflector?.subscribe((change) => seen.push(`${change.type} ${change.object.metadata.name}`));
  reflector?.start();
  await reflector?.synced;
  for (let look = 0; look < 10; look += 1) expect(await reflector?.served()).toBeUndefined();
  expect(server.requests).toHaveLength(1);
  versions = { v1: ['httproutes'] };
  server.put({ metadata: { name: 'a', namespace: 'ns' } });
  expect(await reflector?.served()).toBeUndefined();
  time += 25_000;
  expect((await reflector?.served())?.apiVersion).toBe('gateway.networking.k8s.io/v1');
  await vi.waitFor(() => expect(seen).toEqual(['added a']));
  expect(reflector?.store.get({ namespace: 'ns', name: 'a' })?.metadata.name).toBe('a');
});

test('the best version that has the kind is taken', async () => {
  versions = { v1: ['httproutes'], v1alpha2: ['tlsroutes'], v1alpha3: ['tlsroutes'] };
  expect((await discovery.find(tlsRoutes))?.apiVersion).toBe('gateway.networking.k8s.io/v1alpha3');
  expect((await discovery.find(httpRoutes))?.apiVersion).toBe('gateway.networking.k8s.io/v1');
});

test('a kind that goes is not asked for time and again, and followed anew when it is back', async () => {
  versions = { v1: ['httproutes'] };
  server.put({ metadata: { name: 'a', namespace: 'ns' } });
  const seen: string[] = [];
  reflector?.subscribe((change) => seen.push(`${change.type} ${change.object.metadata.name}`));
  reflector?.start();
  await reflector?.synced;
  versions = {};
  let isGone = true;
  server.faults.unshift(({ path }, response) => {
    if (!isGone || !path.endsWith('/httproutes')) return false;
    answer(response, 404, { kind: 'Status', code: 404 });
    return true;
  });
  server.endWatches('cleanly');
  await vi.waitFor(async () => expect(await reflector?.served()).toBeUndefined(), { timeout: 5000 });
  await vi.waitFor(() => expect(seen).toEqual(['added a', 'deleted a']));
  const before = server.requests.filter(({ path }) => path.endsWith('/httproutes')).length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(server.requests.filter(({ path }) => path.endsWith('/httproutes'))).toHaveLength(before);
  versions = { v1: ['httproutes'] };
  isGone = false;
  time += 25_000;
  expect(await reflector?.served()).toBeDefined();
  await vi.waitFor(() => expect(seen.at(-1)).toBe('added a'));
});

test('a kind that we may not see holds up nobody, is tried again seldom, and seen as soon as we may', async () => {
  versions = { v1: ['httproutes'] };
  server.put({ metadata: { name: 'a', namespace: 'ns' } });
  let isForbidden = true;
  server.faults.unshift(({ path }, response) => {
    if (!isForbidden || !path.endsWith('/httproutes')) return false;
    answer(response, 403, { kind: 'Status', code: 403, reason: 'Forbidden' });
    return true;
  });
  reflector?.start();
  await reflector?.synced;
  const lists = (): number => server.requests.filter(({ path }) => path.endsWith('/httproutes')).length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let look = 0; look < 10; look += 1) expect(await reflector?.served()).toBeDefined();
  expect(lists()).toBe(1);
  isForbidden = false;
  await vi.waitFor(() => expect(reflector?.store.get({ namespace: 'ns', name: 'a' })).toBeDefined(), {
    timeout: 5000,
  });
});

test('a kind that cannot be listed holds up nobody', async () => {
  versions = { v1: ['httproutes'] };
  server.faults.unshift(({ path }, response) => {
    if (!path.endsWith('/httproutes')) return false;
    answer(response, 500, { kind: 'Status', code: 500, message: 'conversion webhook failed' });
    return true;
  });
  reflector?.start();
  await reflector?.synced;
  expect(await reflector?.served()).toBeDefined();
});

test('what is in the cluster is found though the API server could not be asked at the start', async () => {
  versions = { v1: ['httproutes'] };
  server.put({ metadata: { name: 'a', namespace: 'ns' } });
  let failures = 0;
  server.faults.unshift(({ path }, response) => {
    if (path !== group || failures > 5) return false;
    failures += 1;
    answer(response, 500, { kind: 'Status', code: 500 });
    return true;
  });
  reflector?.start();
  await reflector?.synced;
  expect(reflector?.store.get({ namespace: 'ns', name: 'a' })).toBeUndefined();
  await vi.waitFor(() => expect(reflector?.store.get({ namespace: 'ns', name: 'a' })).toBeDefined(), {
    timeout: 10_000,
  });
}, 15_000);

test('what is made of a kind that was just found, and deleted at once, is seen', async () => {
  const seen: string[] = [];
  reflector?.subscribe((change) => seen.push(`${change.type} ${change.object.metadata.name}`));
  versions = { v1: ['httproutes'] };
  let failures = 0;
  server.faults.unshift(({ path }, response) => {
    if (!path.endsWith('/httproutes') || failures > 0) return false;
    failures += 1;
    answer(response, 429, { kind: 'Status', code: 429, message: 'storage is (re)initializing' });
    return true;
  });
  expect(await reflector?.served()).toBeDefined();
  server.put({ metadata: { name: 'a', namespace: 'ns' } });
  server.remove('a');
  await vi.waitFor(() => expect(seen).toEqual(['added a', 'deleted a']));
});
