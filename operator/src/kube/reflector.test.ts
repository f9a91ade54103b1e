import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configMaps } from './builtin-kinds.ts';
import {
  answer,
  answerStatus,
  failing,
  type FakeApiServer,
  type SeenRequest,
  startFakeApiServer,
} from './fake-api-server.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createReflector, type Reflector, type ReflectorTiming } from './reflector.ts';
import type { KubeObject } from './resource.ts';
import { createTransport, type Transport } from './transport.ts';

let server: FakeApiServer;
let transport: Transport;
let reflector: Reflector<KubeObject>;
let log: ReturnType<typeof createRecordedLog>;
let changes: string[];

beforeEach(async () => {
  server = await startFakeApiServer('/api/v1/namespaces/ns/configmaps');
  log = createRecordedLog();
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log });
  changes = [];
});

afterEach(async () => {
  await reflector.stop();
  await transport.close();
  await server.close();
});

function start(timing: Partial<ReflectorTiming> = {}, mayBeMissing: boolean = false): void {
  reflector = createReflector<KubeObject>({
    transport,
    kind: configMaps,
    namespace: 'ns',
    mayBeMissing,
    log,
    indexes: { color: (object) => [object.metadata.labels?.color ?? 'none'] },
    timing: { backoffMs: [5, 40], ...timing },
  });
  reflector.subscribe(({ type, object }) => changes.push(`${type} ${object.metadata.name}`));
  reflector.start();
}

function put(name: string, labels: Record<string, string> = {}, uid?: string): void {
  server.put({ metadata: { namespace: 'ns', name, labels, ...(uid === undefined ? {} : { uid }) } });
}

const isWatch = (request: SeenRequest): boolean => request.query.get('watch') === 'true';
const isList = (request: SeenRequest): boolean => !isWatch(request);
const lists = (): number => server.requests.filter(isList).length;
const watchVersions = (): (string | null)[] =>
  server.requests.filter(isWatch).map((request) => request.query.get('resourceVersion'));
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 5 });
const watching = (): Promise<void> => eventually(() => expect(server.openWatches()).toBe(1));

test('lists in pages, then follows changes and keeps the indexes', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) put(name, { color: 'red' });
  start({ pageSize: 2 });
  await reflector.synced;
  expect(lists()).toBe(3);
  expect(changes).toEqual(['added a', 'added b', 'added c', 'added d', 'added e']);
  await watching();
  put('a', { color: 'blue' });
  server.remove('b');
  await eventually(() => expect(changes.slice(5)).toEqual(['updated a', 'deleted b']));
  expect(reflector.store.byIndex('color', 'blue').map((object) => object.metadata.name)).toEqual(['a']);
  expect(reflector.store.byIndex('color', 'red')).toHaveLength(3);
  expect(reflector.store.withLabels('ns', { color: 'red' })).toHaveLength(3);
  expect(reflector.store.get({ namespace: 'ns', name: 'b' })).toBeUndefined();
  expect(reflector.store.get({ namespace: 'ns', name: 'c' })).toMatchObject({
    apiVersion: 'v1',
    kind: 'ConfigMap',
  });
});

test('resumes from the last bookmark after the server ended the watch', async () => {
  put('a');
  start({ watchSeconds: [300, 600] });
  await reflector.synced;
  await watching();
  const timeout = Number(server.requests.find(isWatch)?.query.get('timeoutSeconds'));
  expect(timeout).toBeGreaterThanOrEqual(300);
  expect(timeout).toBeLessThanOrEqual(600);
  for (let version = 3; version < 10; version += 1) put('other');
  server.bookmark();
  await eventually(() => expect(changes).toContain('updated other'));
  server.endWatches('cleanly');
  await eventually(() => expect(watchVersions()).toEqual(['2', '9']));
  expect(lists()).toBe(1);
});

test('resumes after a cut in the middle of a line without losing a change', async () => {
  put('a');
  start();
  await reflector.synced;
  await watching();
  server.writeToWatches('{"type":"ADDED","object":{"metadata":{"name":"ha');
  await sleep(20);
  server.endWatches('cut');
  put('b');
  await eventually(() => expect(changes).toEqual(['added a', 'added b']));
  expect(lists()).toBe(1);
});

test('a garbled line is not fatal', async () => {
  start();
  await reflector.synced;
  await watching();
  server.writeToWatches('garbage\n');
  await eventually(() => expect(watchVersions()).toHaveLength(2));
  put('b');
  await eventually(() => expect(changes).toEqual(['added b']));
});

test('lists anew after a 410 and reports what was deleted or recreated unseen', async () => {
  put('stays');
  put('goes');
  put('comes-back', {}, 'first');
  start();
  await reflector.synced;
  await watching();
  changes.length = 0;
  server.faults.push(failing(1, isWatch, (response) => answerStatus(response, 500, 'InternalError')));
  server.endWatches('cut');
  server.remove('goes');
  server.remove('comes-back');
  put('comes-back', {}, 'second');
  server.compact();
  await eventually(() => expect(changes).toHaveLength(3));
  expect(changes).toEqual(['deleted goes', 'deleted comes-back', 'added comes-back']);
  expect(lists()).toBe(2);
});

test('an ERROR event with 410 leads to a new list', async () => {
  start();
  await reflector.synced;
  await watching();
  server.writeToWatches('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n');
  await eventually(() => expect(lists()).toBe(2));
});

test('a silent watch is opened anew from where it was', async () => {
  put('a');
  start({ silenceMs: 300 });
  await reflector.synced;
  await eventually(() => expect(watchVersions().length).toBeGreaterThanOrEqual(2));
  expect(lists()).toBe(1);
  put('b');
  await eventually(() => expect(changes).toContain('added b'));
});

test('survives a row of server errors on list and watch', async () => {
  put('a');
  server.faults.push(failing(3, isList, (response) => answerStatus(response, 500, 'InternalError')));
  server.faults.push(failing(3, isWatch, (response) => answer(response, 503, { kind: 'Status' })));
  start();
  await reflector.synced;
  await watching();
  put('b');
  await eventually(() => expect(changes).toEqual(['added a', 'added b']));
});

test('waits as long as Retry-After says', async () => {
  server.faults.push(
    failing(1, isList, (response) =>
      response.writeHead(429, { 'retry-after': '1' }).end('Too many requests'),
    ),
  );
  const begin = performance.now();
  start();
  await reflector.synced;
  expect(performance.now() - begin).toBeGreaterThan(990);
});

test('a watch that the server ends at once is not asked for in a hot loop', async () => {
  server.faults.push(failing(100, isWatch, (response) => response.writeHead(200).end()));
  start({ backoffMs: [50, 100] });
  await reflector.synced;
  await sleep(300);
  expect(watchVersions().length).toBeLessThan(10);
});

test('stop during a backoff opens nothing any more', async () => {
  server.faults.push(failing(100, isList, (response) => answerStatus(response, 500, 'InternalError')));
  start({ backoffMs: [200, 200] });
  await eventually(() => expect(lists()).toBe(1));
  await sleep(20);
  const begin = performance.now();
  await reflector.stop();
  expect(performance.now() - begin).toBeLessThan(100);
  await expect(reflector.synced).rejects.toThrow('stopped before its first list');
  await sleep(250);
  expect(lists()).toBe(1);
});

test('stop ends an open watch', async () => {
  start();
  await reflector.synced;
  await watching();
  await reflector.stop();
  await eventually(() => expect(server.openWatches()).toBe(0));
});

test('a handler that throws is logged and hinders nobody', async () => {
  put('a');
  start();
  reflector.subscribe(() => {
    throw new Error('handler broke');
  });
  await reflector.synced;
  await watching();
  put('b');
  await eventually(() => expect(changes).toEqual(['added a', 'added b']));
  expect(log.entries.filter((entry) => entry.level === 'error')).toHaveLength(2);
});

test('keeps no managedFields', async () => {
  server.put({ metadata: { namespace: 'ns', name: 'a', managedFields: [{ manager: 'x' }] } });
  start();
  await reflector.synced;
  expect(reflector.store.get({ namespace: 'ns', name: 'a' })?.metadata.managedFields).toBeUndefined();
});

test('a later subscriber gets what is there, and can leave', async () => {
  put('a');
  start();
  await reflector.synced;
  await watching();
  const seen: string[] = [];
  const leave = reflector.subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
  leave();
  put('b');
  await eventually(() => expect(changes).toEqual(['added a', 'added b']));
  expect(seen).toEqual(['added a']);
});

test.each([
  [404, 'NotFound'],
  [403, 'Forbidden'],
])('leaves a kind that may be missing alone after a %i, until it is started again', async (code, reason) => {
  put('a');
  server.faults.push(failing(1, isList, (response) => answerStatus(response, code, reason)));
  start({}, true);
  await reflector.synced;
  await sleep(100);
  expect(server.requests).toHaveLength(1);
  expect(changes).toEqual([]);
  reflector.start();
  await eventually(() => expect(changes).toEqual(['added a']));
  await watching();
  reflector.start();
  expect(lists()).toBe(2);
});

test('forgets the objects of a kind that went, and finds those of one that came back', async () => {
  put('a');
  start({}, true);
  await reflector.synced;
  await watching();
  server.faults.push(failing(1, isWatch, (response) => answerStatus(response, 404, 'NotFound')));
  server.endWatches('cut');
  await eventually(() => expect(changes).toEqual(['added a', 'deleted a']));
  reflector.start();
  await eventually(() => expect(changes).toEqual(['added a', 'deleted a', 'added a']));
});
