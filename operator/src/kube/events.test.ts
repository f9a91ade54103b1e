import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { createEventRecorder, type EventFacts, type EventRecorder } from './events.ts';
import { answer, answerStatus, failing, type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { createRecordedLog, type RecordedLog } from './recorded-log.ts';
import { createTransport, type Transport } from './transport.ts';

const path = '/apis/events.k8s.io/v1/namespaces/ns/events';
const regarding = {
  apiVersion: 'wharfinger.dev/v1alpha1',
  kind: 'Registry',
  metadata: { namespace: 'ns', name: 'team-a', uid: 'u1' },
};
const facts: EventFacts = { type: 'Normal', reason: 'Issued', action: 'IssueCertificate', note: 'issued' };
let server: FakeApiServer;
let transport: Transport;
let recorder: EventRecorder;
let log: RecordedLog;

beforeEach(async () => {
  server = await startFakeApiServer(path);
  log = createRecordedLog();
  transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: 'test', log });
  const client = createClient({ transport, fieldManager: 'tester' });
  recorder = createEventRecorder({ client, controller: 'wharfinger.dev/operator', instance: 'pod-1', log });
});

afterEach(async () => {
  await transport.close();
  await server.close();
});

function bodies(method: string): Record<string, unknown>[] {
  const ofMethod = server.requests.filter((request) => request.method === method);
  return ofMethod.map((request) => JSON.parse(request.body) as Record<string, unknown>);
}

test('the same facts make one Event and one later write with their count', async () => {
  server.faults.push(
    failing(
      1,
      (request) => request.method === 'PATCH',
      (response) => answer(response, 200, {}),
    ),
  );
  for (let index = 0; index < 5; index += 1) recorder.record(regarding, facts);
  recorder.record(regarding, { ...facts, note: 'issued again' });
  await recorder.flush();
  expect(bodies('POST').map((event) => event.note)).toEqual(['issued', 'issued again']);
  expect(bodies('POST')[0]).toMatchObject({
    type: 'Normal',
    reason: 'Issued',
    action: 'IssueCertificate',
    reportingController: 'wharfinger.dev/operator',
    reportingInstance: 'pod-1',
    regarding: { kind: 'Registry', namespace: 'ns', name: 'team-a', uid: 'u1' },
    series: { count: 5 },
  });
  recorder.record(regarding, facts);
  expect(bodies('PATCH')).toEqual([]);
  await recorder.flush();
  expect(bodies('PATCH')).toMatchObject([{ series: { count: 6 } }]);
});

test('an Event that has expired on the server is created anew', async () => {
  recorder.record(regarding, facts);
  await recorder.flush();
  server.faults.push(
    failing(
      1,
      (request) => request.method === 'PATCH',
      (response) => answerStatus(response, 404, 'NotFound'),
    ),
  );
  recorder.record(regarding, facts);
  await recorder.flush();
  expect(bodies('POST')).toHaveLength(2);
});

test('a long note is cut at 1,024 bytes between two characters', async () => {
  recorder.record(regarding, { ...facts, note: '🚢'.repeat(300) });
  await recorder.flush();
  const note = String(bodies('POST')[0]?.note);
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  expect(note).toMatch(/^(🚢)+…$/u);
});

test('a refusal is logged and hinders neither the caller nor the next Event', async () => {
  server.faults.push(
    failing(
      1,
      () => true,
      (response) => answerStatus(response, 403, 'Forbidden'),
    ),
  );
  recorder.record(regarding, facts);
  recorder.record(regarding, { ...facts, note: 'second' });
  await recorder.flush();
  expect(log.entries.map((entry) => entry.message)).toEqual(['could not write an Event']);
  expect(bodies('POST')).toHaveLength(2);
});
