import { describe, expect, it } from 'vitest';
import { collectionDocument } from '../document.ts';
import type { Observation, Replica, Sibling } from '../observation.ts';
import type { Run } from '../run.ts';
import { makeObservation, makeReplica, makeRun, makeState, one, open, start, zero } from '../scenario.ts';
import { step } from '../step.ts';
import type { Transition } from '../transition.ts';

const iso = (ms: number): string => new Date(start + ms).toISOString();

describe('Queued', () => {
  const rows: [string, Partial<Observation>, Partial<Run>, string][] = [
    ['a missing Registry', { registry: null }, {}, 'There is no Registry "team-a"'],
    [
      'a Registry that is not Ready',
      {
        registry: {
          uid: 'r',
          ready: false,
          statefulSet: { replicas: 2, settled: true, rolledOutFor: '' },
          collectionRun: '',
        },
      },
      {},
      'Waits for Registry team-a to be Ready',
    ],
    [
      'a rollout',
      {
        registry: {
          uid: 'r',
          ready: true,
          statefulSet: { replicas: 2, settled: false, rolledOutFor: '' },
          collectionRun: '',
        },
      },
      {},
      'Waits for Registry team-a',
    ],
    [
      'a pod too many',
      { replicas: [open(zero), open(one), open('team-a-2')] },
      {},
      'Waits for Registry team-a',
    ],
    [
      'a pod that terminates',
      { replicas: [open(zero), makeReplica(one, null, { terminating: true })] },
      {},
      'Waits for Registry team-a',
    ],
    [
      'no replicas',
      {
        registry: {
          uid: 'r',
          ready: true,
          statefulSet: { replicas: 0, settled: true, rolledOutFor: '' },
          collectionRun: '',
        },
      },
      {},
      'spec.replicas 0',
    ],
    [
      'a suspended Registry',
      {
        registry: {
          uid: 'r',
          ready: true,
          suspended: true,
          statefulSet: { replicas: 2, settled: true, rolledOutFor: '' },
          collectionRun: '',
        },
      },
      {},
      'Waits until spec.suspend of Registry team-a is taken back',
    ],
    [
      'an orphan in collection.json',
      {
        registry: {
          uid: 'r',
          ready: true,
          statefulSet: { replicas: 2, settled: true, rolledOutFor: '' },
          collectionRun: 'gone',
        },
      },
      {},
      'let go of an earlier run',
    ],
  ];

  it.each(rows)('waits for %s', (_name, changes, run, sentence) => {
    const transition = step(makeRun(run), makeObservation([open(zero), open(one)], changes));
    expect(transition.status.phase).toBe('Queued');
    expect(transition.waiting?.message).toContain(sentence);
    expect(transition.requeueAfterMs).toBeGreaterThan(0);
  });

  it('is stalled by a missing Registry, and fails after spec.timeout with what to do', () => {
    const run = makeRun();
    expect(step(run, makeObservation([], { registry: null })).waiting?.stalled).toBe(true);
    const late = step(run, makeObservation([], { registry: null, now: start + run.timeoutMs }));
    expect(late.status.phase).toBe('Failed');
    expect(late.status.failure?.reason).toBe('RegistryNotFound');
    expect(late.status.failure?.message).toContain('spec.registryRef.name');
  });

  /** A replica that finds these on its storage. */
  const finding = (pod: string, ...members: string[]): Replica =>
    makeReplica(pod, makeState(pod, { members: members.map((other) => `${other}-boot-1`) }));
  const apart =
    'The replicas of Registry team-a do not see one store (team-a-1 does not find team-a-0 on its storage): storage must be ReadWriteMany and the same for all.';

  it('waits for replicas to see one store, and fails after spec.timeout with what to do', () => {
    const run = makeRun();
    const replicas = [finding(zero, zero, one), finding(one, one)];
    const look = (after: number): Transition => step(run, makeObservation(replicas, { now: start + after }));
    expect(look(0)).toMatchObject({
      status: { phase: 'Queued' },
      waiting: { reason: 'StoresApart', message: apart, stalled: false },
    });
    expect(look(20_000).waiting?.stalled).toBe(true);
    expect(look(run.timeoutMs).status).toMatchObject({
      phase: 'Failed',
      failure: { reason: 'StoresApart', message: expect.stringContaining(apart) },
    });
  });

  const stores: [string, Replica[]][] = [
    ['that see one another', [finding(zero, zero, one, 'dead'), finding(one, one, zero)]],
    ['of which one is of an earlier release', [open(zero), finding(one, one)]],
    ['of which one does not answer', [makeReplica(zero, null), finding(one, one)]],
  ];
  it.each(stores)('begins with replicas %s', (_name, replicas) => {
    expect(step(makeRun(), makeObservation(replicas)).status.phase).toBe('Marking');
  });

  const sibling = (changes: Partial<Sibling>): Sibling => ({
    uid: 'other',
    name: 'other',
    created: '2026-01-02T03:03:00Z',
    deleting: false,
    phase: 'Queued',
    ...changes,
  });
  const orders: [string, Sibling, boolean][] = [
    ['an older one', sibling({}), false],
    ['a younger one', sibling({ created: '2026-01-02T03:05:00Z' }), true],
    [
      'a younger one that is active',
      sibling({ created: '2026-01-02T03:05:00Z', phase: 'Confirming' }),
      false,
    ],
    ['an older one that is over', sibling({ phase: 'Succeeded' }), true],
    ['an older one that is being deleted', sibling({ deleting: true }), true],
    [
      'one of the same second, earlier by name',
      sibling({ created: '2026-01-02T03:04:00Z', name: 'a' }),
      false,
    ],
  ];

  it.each(orders)('goes in turn with %s', (_name, other, starts) => {
    const transition = step(makeRun(), makeObservation([open(zero)], { siblings: [other] }));
    expect(transition.status.phase).toBe(starts ? 'Marking' : 'Queued');
  });

  it('fails soon when the registry does not recover from an attempt that failed', () => {
    const restoring = { name: 'RestoringWrites' as const, startTime: iso(0), completionTime: iso(0) };
    const failure = { reason: 'ReplicaNotPaused', message: 'Pod team-a-1 did not pause.' };
    const run = makeRun(
      {},
      { attempt: 1, failure, steps: [restoring, { name: 'Queued', startTime: iso(0) }] },
    );
    const lost = [open(zero), makeReplica(one, null, { ready: false })];
    expect(step(run, makeObservation(lost, { now: start + 19_000 })).status.phase).toBe('Queued');
    expect(step(run, makeObservation(lost, { now: start + 20_000 })).status).toMatchObject({
      phase: 'Failed',
      failure,
    });
    const back = makeObservation([open(zero), open(one)], { now: start + 20_000 });
    expect(step(run, back).status).toMatchObject({ phase: 'Marking', attempt: 2 });
  });

  it.each(['Marking', 'RollingOut', 'Restoring'] as const)('waits for one in its phase %s', (phase) => {
    const other = sibling({ created: '2026-01-02T03:05:00Z', phase });
    const transition = step(makeRun(), makeObservation([open(zero)], { siblings: [other] }));
    expect(transition.waiting?.message).toBe('Waits for GarbageCollection other to end.');
  });

  it('has the first replica mark, and all get ready', () => {
    const run = makeRun();
    const transition = step(run, makeObservation([open(zero), open(one)]));
    const { status } = transition;
    expect(status).toMatchObject({ phase: 'Marking', attempt: 1, collectorPod: zero, activeTime: iso(0) });
    expect(collectionDocument({ ...run, status })).toEqual({
      run: 'run-1',
      attempt: 1,
      mark: { pod: zero, options: run.options },
    });
    expect(transition.events).toMatchObject([{ type: 'Normal', reason: 'Started' }]);
  });

  const uid = '11111111-2222-3333-4444-555555555555';
  const undone: [string, string, Partial<Sibling>, object][] = [
    ['by its name', 'weekly', { name: 'weekly', uid, phase: 'Succeeded' }, { restoreFromUID: uid }],
    ['that failed', 'weekly', { name: 'weekly', uid, phase: 'Failed' }, { restoreFromUID: uid }],
    ['by its UID when it is gone', uid, { phase: 'Succeeded' }, { restoreFromUID: uid }],
    ['that there is not', 'weekly', { phase: 'Succeeded' }, { failure: { reason: 'NothingToRestore' } }],
    [
      'that has not run',
      'weekly',
      { name: 'weekly', created: '2026-01-02T03:05:00Z' },
      { failure: { reason: 'NothingToRestore' } },
    ],
  ];

  it.each(undone)('restores from a run %s', (_name, restoreFrom, other, expected) => {
    const seen = makeObservation([open(zero), open(one)], { siblings: [sibling(other)] });
    const { status } = step(makeRun({ restoreFrom }), seen);
    expect(status).toMatchObject({ phase: 'failure' in expected ? 'Failed' : 'Restoring', ...expected });
  });
});
