import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClient } from './kube/client.ts';
import { createDiscovery } from './kube/discovery.ts';
import { answer, type FakeApiServer, startFakeApiServer } from './kube/fake-api-server.ts';
import { createRecordedLog } from './kube/recorded-log.ts';
import { createTransport, type Transport } from './kube/transport.ts';
import { createOptionalReflectors } from './reflectors.ts';
import type { OptionalReflectors } from './registry/sources.ts';

const group = '/apis/gateway.networking.k8s.io';
const [first, second] = ['one', 'two'].map((namespace) => `${group}/v1/namespaces/${namespace}/httproutes`);
let server: FakeApiServer;
let transport: Transport;
let optional: OptionalReflectors;
let seen: string[];
/** What a list or watch in the second namespace is answered with. */
let refusal: number;
let isServed: boolean;

beforeEach(async () => {
  seen = [];
  isServed = true;
  server = await startFakeApiServer(first ?? '');
  server.faults.push(({ path }, response) => {
    if (path === group) answer(response, 200, { versions: [{ groupVersion: group.slice(6) + '/v1' }] });
    else if (path === `${group}/v1`)
      answer(response, 200, { resources: isServed ? [{ name: 'httproutes' }] : [] });
    else if (path === second) answer(response, refusal, { kind: 'Status', code: refusal });
    else if (path === first && !isServed) answer(response, 404, { kind: 'Status', code: 404 });
    else return false;
    return true;
  });
  server.put({ metadata: { name: 'a', namespace: 'one' } });
  const log = createRecordedLog();
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log });
  const client = createClient({ transport, fieldManager: 'test' });
  const discovery = createDiscovery({ transport, now: Date.now });
  optional = createOptionalReflectors({ transport, client, namespaces: ['one', 'two'], log }, discovery);
  optional.httpRoutes.subscribe(({ type, object }) => {
    seen.push(`${type} ${object.metadata.name}`);
    // As a reconcile does that the change brings about.
    setTimeout(() => void optional.httpRoutes.served().catch(() => undefined));
  });
});

afterEach(async () => {
  await optional.httpRoutes.stop();
  await transport.close();
  await server.close();
});

test('a namespace in which the operator may see nothing keeps no other one from being followed, and makes no work', async () => {
  refusal = 403;
  optional.httpRoutes.start();
  await optional.httpRoutes.synced;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(seen).toEqual(['added a']);
  expect(optional.httpRoutes.store.get({ namespace: 'one', name: 'a' })).toBeDefined();
  expect(server.requests.length).toBeLessThan(10);
});

test('when a kind goes, what every namespace had of it goes', async () => {
  refusal = 500;
  optional.httpRoutes.start();
  await vi.waitFor(() => expect(seen).toEqual(['added a']));
  isServed = false;
  refusal = 404;
  await vi.waitFor(() => expect(seen).toEqual(['added a', 'deleted a']), { timeout: 10_000 });
  expect(await optional.httpRoutes.served()).toBeUndefined();
});
