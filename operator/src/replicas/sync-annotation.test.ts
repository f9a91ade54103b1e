import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient } from '../kube/client.ts';
import { answer, answerStatus, type FakeApiServer, startFakeApiServer } from '../kube/fake-api-server.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import { createTransport, type Transport } from '../kube/transport.ts';
import { annotateSync } from './sync-annotation.ts';

let server: FakeApiServer;
let transport: Transport;

beforeEach(async () => {
  server = await startFakeApiServer('/api/v1/namespaces/ns/pods');
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log: createRecordedLog() });
});

afterEach(async () => {
  await transport.close();
  await server.close();
});

test('patches nothing but the one annotation, and says when the pod is gone', async () => {
  const client = createClient({ transport, fieldManager: 'tester' });
  server.faults.push((request, response) => {
    if (request.path.endsWith('/gone')) answerStatus(response, 404, 'NotFound');
    else answer(response, 200, {});
    return true;
  });
  expect(await annotateSync(client, { namespace: 'ns', name: 'team-a-0' }, 'v1')).toBe(true);
  expect(await annotateSync(client, { namespace: 'ns', name: 'gone' }, 'v1')).toBe(false);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'PATCH', path: '/api/v1/namespaces/ns/pods/team-a-0' });
  expect(request?.headers['content-type']).toBe('application/merge-patch+json');
  expect(JSON.parse(request?.body ?? '')).toEqual({
    metadata: { annotations: { 'wharfinger.dev/sync': 'v1' } },
  });
});
