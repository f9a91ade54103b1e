import type { StatefulSet } from '@wharfinger/operator';
import { expect, test } from 'vitest';
import { createTestSession } from '../session-fixture.ts';
import { restart, rolloutOf } from './restart.ts';

const settled = {
  replicas: 2,
  readyReplicas: 2,
  updatedReplicas: 2,
  currentRevision: 'r2',
  updateRevision: 'r2',
  observedGeneration: 7,
};

function statefulSet(status: object): Pick<StatefulSet, 'spec' | 'status'> {
  return { spec: { replicas: 2 }, status: { ...settled, ...status } } as unknown as StatefulSet;
}

test.each([
  ['not seen by its controller', { observedGeneration: 6 }],
  ['one pod is old', { updatedReplicas: 1, currentRevision: 'r1' }],
  ['all are new but the revision', { currentRevision: 'r1' }],
  ['a pod is not ready', { readyReplicas: 1 }],
  ['a pod too many', { replicas: 3 }],
])('a rollout goes on: %s', (_, status) => {
  expect(rolloutOf(statefulSet(status), 7).isDone).toBe(false);
});

test('a rollout is over when every pod is new and ready', () => {
  expect(rolloutOf(statefulSet({}), 7)).toEqual({ isDone: true, text: '2 of 2 pods are new, 2 are ready' });
});

test('restart changes the template alone and waits for the rollout', async () => {
  const session = createTestSession();
  const metadata = { name: 'store', namespace: 'ns', generation: 7 };
  const template = { metadata: { annotations: { 'wharfinger.dev/config': 'x' } } };
  const old = { ...settled, updatedReplicas: 0, currentRevision: 'r1' };
  const before = { metadata, spec: { replicas: 2, template }, status: old };
  session.memory.put('statefulsets', before);
  const running = restart(session);
  await expect.poll(() => session.lines).toEqual(['0 of 2 pods are new, 2 are ready']);
  const patched = session.memory.get('statefulsets', 'store') as StatefulSet;
  const { 'kubectl.kubernetes.io/restartedAt': time = '', ...others } =
    patched.spec?.template.metadata?.annotations ?? {};
  expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(10_000);
  expect(others).toEqual({ 'wharfinger.dev/config': 'x' });
  expect({ ...patched.spec, template: undefined }).toEqual({ replicas: 2, template: undefined });
  session.memory.put('statefulsets', { ...patched, status: settled } as StatefulSet);
  await running;
  expect(session.results).toEqual(['Registry store is restarted, 2 of 2 pods are new, 2 are ready']);
});

test('restart says how far it is when its time is over', async () => {
  const session = createTestSession({ flags: { timeout: '100ms' } });
  const metadata = { name: 'store', namespace: 'ns', generation: 7 };
  session.memory.put('statefulsets', { metadata, spec: { replicas: 2 } } as object & {
    metadata: typeof metadata;
  });
  await expect(restart(session)).rejects.toThrow('Registry store is not restarted yet, 0 of 2 pods are new;');
});
