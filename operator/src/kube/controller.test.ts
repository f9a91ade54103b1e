import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configMaps, statefulSets } from './builtin-kinds.ts';
import { type Controller, createController, mapped, owned, primary, type Source } from './controller.ts';
import { type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { keyOf, type KubeObject } from './resource.ts';
import { createTransport, type Transport } from './transport.ts';

let server: FakeApiServer;
let transport: Transport;
let reflector: Reflector<KubeObject>;
let controller: Controller;
let reconciled: string[];

beforeEach(async () => {
  server = await startFakeApiServer('/api/v1/namespaces/ns/configmaps');
  const log = createRecordedLog();
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log });
  reflector = createReflector<KubeObject>({ transport, kind: configMaps, namespace: 'ns', log });
  reconciled = [];
});

afterEach(async () => {
  await controller.stop();
  await reflector.stop();
  await transport.close();
  await server.close();
});

async function start(...sources: Source[]): Promise<void> {
  controller = createController({
    name: 'test',
    sources,
    reconcile: async (ref) => {
      reconciled.push(keyOf(ref));
      return {};
    },
    log: createRecordedLog(),
  });
  await controller.start();
  await vi.waitFor(() => expect(server.openWatches()).toBe(1));
}

function put(name: string, rest: Partial<KubeObject['metadata']> = {}): void {
  server.put({ metadata: { namespace: 'ns', name, ...rest } });
}

test('reconciles what is there, what changes, and what is deleted', async () => {
  put('a');
  put('b');
  await start(primary(reflector));
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/a', 'ns/b']));
  put('a');
  server.remove('b');
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/a', 'ns/b', 'ns/a', 'ns/b']));
});

test('an owned object leads to its controller of the same group and kind, whatever the version', async () => {
  const reference = {
    apiVersion: 'apps/v1beta9',
    kind: 'StatefulSet',
    name: 'owner',
    uid: 'u',
    controller: true,
  };
  await start(owned(reflector, statefulSets));
  put('a', { ownerReferences: [reference] });
  put('b', { ownerReferences: [{ ...reference, controller: false }] });
  put('c', { ownerReferences: [{ ...reference, apiVersion: 'other/v1' }] });
  put('d');
  put('e', { ownerReferences: [{ ...reference, name: 'last' }] });
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/owner', 'ns/last']));
});

test('a mapped object that moves from one to another leads to both', async () => {
  const byLabel = mapped(reflector, (object) => [
    { namespace: 'ns', name: object.metadata.labels?.for ?? '' },
  ]);
  await start(byLabel);
  put('a', { labels: { for: 'x' } });
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/x']));
  put('a', { labels: { for: 'y' } });
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/x', 'ns/x', 'ns/y']));
});

test('changes can be left out, and objects enqueued by hand', async () => {
  await start(primary(reflector, { when: (change) => change.type !== 'updated' }));
  put('a');
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/a']));
  put('a');
  await sleep(30);
  expect(reconciled).toEqual(['ns/a']);
  controller.enqueue({ namespace: 'ns', name: 'b' });
  controller.enqueue({ namespace: 'ns', name: 'c' }, 20);
  await vi.waitFor(() => expect(reconciled).toEqual(['ns/a', 'ns/b', 'ns/c']));
});
