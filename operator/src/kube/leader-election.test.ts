import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClient } from './client.ts';
import { answerStatus, type FakeApiServer, startFakeApiServer } from './fake-api-server.ts';
import { createLeaderElection, leaderIdentity, type LeaderElection } from './leader-election.ts';
import { createRecordedLog } from './recorded-log.ts';
import { createTransport, type Transport } from './transport.ts';

const path = '/apis/coordination.k8s.io/v1/namespaces/ns/leases';
const timing = { leaseDurationMs: 1_000, renewDeadlineMs: 700, retryPeriodMs: 100 };
let server: FakeApiServer;
let transports: Transport[];
let electors: LeaderElection[];
let history: string[];

beforeEach(async () => {
  server = await startFakeApiServer(path);
  transports = [];
  electors = [];
  history = [];
});

afterEach(async () => {
  await Promise.all(electors.map((elector) => elector.stop()));
  await Promise.all(transports.map((transport) => transport.close()));
  await server.close();
});

function createElector(name: string): LeaderElection & { cut: () => void } {
  const log = createRecordedLog();
  const transport = createTransport({ kubeConfig: server.kubeConfig, userAgent: name, log });
  transports.push(transport);
  const elector = createLeaderElection({
    client: createClient({ transport, fieldManager: name }),
    namespace: 'ns',
    name: 'operator',
    identity: leaderIdentity(name),
    onStartedLeading: () => history.push(`${name} leads`),
    onLost: () => history.push(`${name} lost`),
    log,
    ...timing,
  });
  electors.push(elector);
  const cut = (): void => {
    server.faults.push((request, response) => {
      if (request.headers['user-agent'] !== name) return false;
      response.destroy();
      return true;
    });
  };
  return { ...elector, cut };
}

async function lease(): Promise<{ spec: Record<string, unknown> }> {
  const answer = await fetch(`${server.kubeConfig.getCurrentCluster()?.server}${path}/operator`);
  return (await answer.json()) as { spec: Record<string, unknown> };
}

const eventually = (expected: string[]): Promise<void> =>
  vi.waitFor(() => expect(history).toEqual(expected), { timeout: 5_000, interval: 5 });

test('one of two leads, keeps leading, and writes MicroTimes', async () => {
  const a = createElector('a');
  const b = createElector('b');
  a.start();
  b.start();
  await sleep(1_500);
  expect(history).toHaveLength(1);
  expect([a.isLeader(), b.isLeader()].filter(Boolean)).toHaveLength(1);
  const { spec } = await lease();
  expect(spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(spec).toMatchObject({ leaseDurationSeconds: 1, leaseTransitions: 0 });
});

test('a clean stop hands over at once', async () => {
  const a = createElector('a');
  const b = createElector('b');
  a.start();
  await eventually(['a leads']);
  b.start();
  await sleep(50);
  const begin = performance.now();
  await a.stop();
  await eventually(['a leads', 'b leads']);
  expect(performance.now() - begin).toBeLessThan(500);
  expect((await lease()).spec.leaseTransitions).toBe(1);
  expect(a.isLeader()).toBe(false);
});

test('a leader that is cut off gives up before the other takes over', async () => {
  const a = createElector('a');
  const b = createElector('b');
  a.start();
  await eventually(['a leads']);
  b.start();
  await sleep(150);
  a.cut();
  await eventually(['a leads', 'a lost', 'b leads']);
  expect(a.isLeader()).toBe(false);
});

test('whatever the clock of the holder says, the lease is taken only after it stood still for its duration', async () => {
  const skewed = {
    holderIdentity: 'elsewhere',
    leaseDurationSeconds: 1,
    renewTime: '2000-01-01T00:00:00.000000Z',
  };
  server.put({ metadata: { namespace: 'ns', name: 'operator' }, spec: skewed });
  const begin = performance.now();
  createElector('a').start();
  await eventually(['a leads']);
  expect(performance.now() - begin).toBeGreaterThan(1_000);
});

test('the leader gives up when another one holds the lease', async () => {
  const a = createElector('a');
  a.start();
  await eventually(['a leads']);
  server.put({ metadata: { namespace: 'ns', name: 'operator' }, spec: { holderIdentity: 'thief' } });
  await eventually(['a leads', 'a lost']);
});

test('a renewal that took effect but whose answer was lost does not cost the lease', async () => {
  const a = createElector('a');
  a.start();
  await eventually(['a leads']);
  let lost = 0;
  server.faults.push((request, response) => {
    if (request.method !== 'PUT' || lost > 0) return false;
    lost += 1;
    server.put(JSON.parse(request.body) as Parameters<typeof server.put>[0]);
    response.destroy();
    return true;
  });
  await sleep(1_000);
  expect(lost).toBe(1);
  expect(history).toEqual(['a leads']);
  expect(a.isLeader()).toBe(true);
});

test('server errors shorter than the renew deadline are ridden out', async () => {
  const a = createElector('a');
  a.start();
  await eventually(['a leads']);
  let left = 3;
  server.faults.push((_request, response) => {
    if (left === 0) return false;
    left -= 1;
    answerStatus(response, 500, 'InternalError');
    return true;
  });
  await sleep(1_000);
  expect(history).toEqual(['a leads']);
});
