import type { RegistryState } from '@wharfinger/registry/config';
import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import type { KubeObject } from '../kube/resource.ts';
import { createMemoryCluster, type MemoryCluster } from '../registry/memory-cluster.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { ownedLabels } from '../resources/labels.ts';
import { maintenanceHash } from '@wharfinger/registry/config';
import { finalizer, type ServedGarbageCollection } from './kind.ts';
import { createGarbageCollectionReconciler } from './reconciler.ts';
import type { RunStatus } from './run.ts';
import { counts, makeState, one, zero } from './scenario.ts';
import type { Stores } from './surroundings.ts';

const uid = 'run-1';
const ref = { namespace: 'team', name: 'nightly' };
const started = '2026-01-02T03:04:05.000Z';
let cluster: MemoryCluster;
let state: RegistryState;
let plans: (() => Promise<unknown>)[];
let observed: [string, string][];
let warnings: string[];

beforeEach(() => {
  cluster = createMemoryCluster();
  [state, plans, observed, warnings] = [makeState(zero), [], [], []];
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'Serving', message: '', lastTransitionTime: started },
  ];
  const status = { conditions, observedGeneration: 1 };
  cluster.put('registries', { ...exampleRegistry({}, { uid: 'registry-1' }), status } as KubeObject);
  const meta = (name: string): KubeObject['metadata'] => ({
    name,
    namespace: 'team',
    uid: name,
    labels: ownedLabels('team-a'),
  });
  cluster.put('configmaps', { metadata: meta('team-a-maintenance') });
  const settled = { replicas: 1, updatedReplicas: 1, readyReplicas: 1 };
  const statefulSet = { metadata: meta('team-a'), spec: { replicas: 1, template: {} }, status: settled };
  cluster.put('statefulsets', statefulSet);
  const ready = { conditions: [{ type: 'Ready', status: 'True' }], podIP: '10.0.0.5' };
  cluster.put('pods', { metadata: meta(zero), status: ready } as unknown as Pod);
});

function put(spec: object, status: Partial<RunStatus> | undefined, metadata: object = {}): void {
  const object = {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { ...ref, uid, generation: 1, creationTimestamp: started, ...metadata },
    spec: {
      registryRef: { name: 'team-a' },
      dryRun: false,
      minAge: '24h',
      undoFor: '1h',
      restart: 'InPlace',
      windowTimeout: '60s',
      timeout: '10m',
      ...spec,
    },
    status,
  };
  cluster.put('garbagecollections', object);
}

function stored(): ServedGarbageCollection {
  return cluster.get('garbagecollections', 'nightly') as ServedGarbageCollection;
}

/** The registry has taken up whatever `collection.json` says. */
function replica(): RegistryState {
  const text = (cluster.get('configmaps', 'team-a-maintenance') as { data?: Record<string, string> }).data?.[
    'collection.json'
  ];
  return {
    ...state,
    observed: { registry: '', collection: text === undefined ? '' : maintenanceHash(text) },
  };
}

/** One reconcile by an operator that has just started. */
async function reconcile(): Promise<void> {
  const replicas: ReplicaClient = {
    state: () => Promise.resolve(replica()),
    plan: () => plans.shift()?.() ?? Promise.resolve(undefined),
    close: () => undefined,
  };
  const run = createGarbageCollectionReconciler({
    client: cluster.client,
    stores: cluster.stores as unknown as Stores,
    replicas,
    events: {
      record: (_object, { type, note }) => void (type === 'Warning' && warnings.push(note)),
      flush: () => Promise.resolve(),
    },
    log: createRecordedLog(),
    observe: (_object, before, after) => void observed.push([before.phase ?? '', after.phase ?? '']),
    now: () => Date.parse(started),
  });
  await run(ref, new AbortController().signal);
}

const active: Partial<RunStatus> = {
  attempt: 1,
  startTime: started,
  activeTime: started,
  registryUID: 'registry-1',
  collectorPod: zero,
  collectorBoot: `${zero}-boot-1`,
};

describe('a run that ended', () => {
  it('is marked as over when its finalizer goes, and then left alone', async () => {
    const status: Partial<RunStatus> = { phase: 'Succeeded', completionTime: started, message: 'As told.' };
    put({}, status, { finalizers: [finalizer, 'other'] });
    await reconcile();
    expect(stored().metadata).toMatchObject({
      finalizers: ['other'],
      annotations: { 'wharfinger.dev/completed': `${started} Succeeded` },
    });
    expect(stored().status).toEqual(status);
    const { length } = cluster.writes;
    await reconcile();
    expect(cluster.writes.slice(length)).toEqual([]);
  });

  it('is marked as over also when it never had a finalizer', async () => {
    put({}, { phase: 'Failed', completionTime: started, message: 'As told.' });
    await reconcile();
    expect(cluster.writes).toEqual(['patch garbagecollections/nightly']);
    expect(stored().metadata.annotations?.['wharfinger.dev/completed']).toBe(`${started} Failed`);
  });

  it.each(['Succeeded', 'Failed'] as const)(
    '%s does not run again when it is restored without a status',
    async (phase) => {
      put({}, undefined, { annotations: { 'wharfinger.dev/completed': `${started} ${phase}` } });
      await reconcile();
      expect(stored().status).toMatchObject({
        phase,
        completionTime: started,
        message: 'Ended before this object was restored from a copy; it does not run again.',
      });
      expect(cluster.writes).toEqual(['status garbagecollections/nightly']);
    },
  );

  it('does not begin while two replicas do not see one store', async () => {
    const spec = { replicas: 2, template: {} };
    const settled = { replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
    const pod = cluster.get('pods', zero) as unknown as Pod;
    cluster.put('statefulsets', {
      ...cluster.get('statefulsets', 'team-a'),
      spec,
      status: settled,
    } as KubeObject);
    cluster.put('pods', { ...pod, metadata: { ...pod.metadata, name: one, uid: one } });
    state.members = ['of another store'];
    put({}, undefined);
    await reconcile();
    const { phase, conditions } = stored().status ?? {};
    expect([phase, conditions?.find(({ type }) => type === 'Succeeded')?.reason]).toEqual([
      'Queued',
      'StoresApart',
    ]);
    state.members = [state.boot];
    await reconcile();
    expect(stored().status?.phase).toBe('Marking');
  });

  it('runs when nothing says that it ended', async () => {
    put({}, undefined, { annotations: { 'wharfinger.dev/completed': 'nonsense' } });
    await reconcile();
    expect(stored().status?.phase).toBe('Marking');
    expect(observed.at(-1)).toEqual(['Queued', 'Marking']);
  });
});

describe('a dry run', () => {
  const marking: Partial<RunStatus> = {
    ...active,
    phase: 'Marking',
    steps: [{ name: 'Marking', startTime: started }],
  };

  beforeEach(() => {
    put({ dryRun: true }, marking);
    state.collection = { run: uid, attempt: 1, phase: 'Marked', touched: false, remaining: 3, counts };
  });

  it('writes its plan into a ConfigMap of its own', async () => {
    plans.push(() => Promise.resolve({ deadBlobs: ['sha256:1'] }));
    await reconcile();
    expect(stored().status).toMatchObject({ phase: 'Succeeded', planRef: { name: 'nightly-plan' } });
    const plan = cluster.get('configmaps', 'nightly-plan') as KubeObject & { data: Record<string, string> };
    expect(plan.metadata.ownerReferences).toMatchObject([
      { kind: 'GarbageCollection', name: 'nightly', uid },
    ]);
    expect(plan.metadata.labels).toBeUndefined();
    expect(JSON.parse(plan.data['plan.json'] ?? '')).toEqual({ deadBlobs: ['sha256:1'] });
    expect(plan.data['plan.txt']).toBe('deadBlobs:\n  - sha256:1\n');
  });

  it('takes no ConfigMap that is not its own', async () => {
    cluster.put('configmaps', { metadata: { name: 'nightly-plan', namespace: 'team', uid: 'x' } });
    plans.push(() => Promise.resolve({}));
    put({ dryRun: true }, { ...marking, markedTime: '2026-01-02T03:00:00.000Z' });
    await reconcile();
    expect(stored().status).toMatchObject({ phase: 'Succeeded' });
    expect(stored().status?.planRef).toBeUndefined();
    expect(warnings[0]).toContain("ConfigMap nightly-plan exists and is not this GarbageCollection's");
  });

  it('waits for the replica to have its plan', async () => {
    await reconcile();
    expect(stored().status).toMatchObject({ phase: 'Marking', markedTime: started });
    plans.push(() => Promise.reject(new Error('refused')));
    await reconcile();
    expect(stored().status?.phase).toBe('Marking');
    plans.push(() => Promise.resolve({}));
    await reconcile();
    expect(stored().status?.phase).toBe('Succeeded');
  });
});

describe('restart: Rollout', () => {
  it('has the pods replaced once', async () => {
    const rolling = { ...active, phase: 'RollingOut' as const, touched: true };
    put({ restart: 'Rollout' }, rolling);
    await reconcile();
    put({ restart: 'Rollout' }, rolling);
    await reconcile();
    expect(cluster.writes.filter((write) => write.includes('statefulsets'))).toEqual([
      'patch statefulsets/team-a',
    ]);
    expect(cluster.get('statefulsets', 'team-a')).toMatchObject({
      spec: { template: { metadata: { annotations: { 'wharfinger.dev/rollout': uid } } } },
    });
    expect(stored().status?.phase).toBe('Confirming');
  });
});
