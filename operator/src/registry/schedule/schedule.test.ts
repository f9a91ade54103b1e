import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import { findCondition } from '../../kube/conditions.ts';
import { ApiError } from '../../kube/errors.ts';
import type { EventFacts } from '../../kube/events.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { ServedGarbageCollection, ServedRegistry } from '../kind.ts';
import { createInternalAuthority, type InternalAuthority } from '../internal-authority.ts';
import { CrashError, createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

const nightly = { schedule: '0 3 * * *', template: { deleteUntagged: true } };
let cluster: MemoryCluster;
/** Keys take their time, so they are made once. */
let madeSecrets: KubeObject[];
let authority: InternalAuthority;
let events: EventFacts[];
let time: string;

beforeAll(async () => {
  cluster = createMemoryCluster();
  setSpec({});
  const now = (): number => Date.parse('2026-06-01T00:00:00Z');
  authority = createInternalAuthority({ client: cluster.client, operatorNamespace: 'wharfinger', now });
  await reconcileOnce(cluster, { now, authority });
  madeSecrets = cluster.stores.secrets.withLabels(undefined, {});
});

beforeEach(() => {
  cluster = createMemoryCluster();
  for (const secret of madeSecrets) cluster.put('secrets', secret);
  events = [];
  time = '2026-06-10T14:00:00Z';
  setSpec({ garbageCollection: nightly });
});

function setSpec(spec: object, generation = 1): void {
  const registry = exampleRegistry({ auth: undefined, tls: { disabled: true }, ...spec }, { generation });
  cluster.put('registries', { ...registry, status: registryStatus() } as KubeObject);
}

function registryStatus(): ServedRegistry['status'] {
  return (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
}

async function at(now: string): Promise<number | undefined> {
  time = now;
  return reconcileOnce(cluster, { now: () => Date.parse(time), events, authority });
}

function runs(): string[] {
  return cluster.stores.garbageCollections.list('team').map(({ metadata }) => metadata.name);
}

function end(name: string, phase: 'Succeeded' | 'Failed'): void {
  const run = cluster.get('garbagecollections', name) as ServedGarbageCollection;
  cluster.put('garbagecollections', { ...run, status: { phase, completionTime: time } } as KubeObject);
}

function condition(type: string): { status: string; reason: string; message: string } | undefined {
  return findCondition(registryStatus()?.conditions ?? [], type);
}

function scheduleEvents(): EventFacts[] {
  return events.filter(({ action }) => action === 'Schedule');
}

describe('the schedule of a Registry', () => {
  it('makes a GarbageCollection at its time, owned by the Registry, with the options of the template', async () => {
    const next = await at('2026-06-11T02:59:00Z');
    expect(runs()).toEqual([]);
    expect(next).toBeLessThanOrEqual(60_000);
    await at('2026-06-11T03:00:01Z');
    expect(runs()).toEqual(['team-a-202606110300']);
    const run = cluster.get('garbagecollections', 'team-a-202606110300') as ServedGarbageCollection;
    expect(run.spec).toMatchObject({ registryRef: { name: 'team-a' }, deleteUntagged: true, undoFor: '1h' });
    expect(run.metadata.ownerReferences).toMatchObject([
      { kind: 'Registry', uid: 'uid-1', controller: true },
    ]);
    expect(scheduleEvents()).toMatchObject([
      {
        type: 'Normal',
        reason: 'GarbageCollectionCreated',
        note: expect.stringContaining('team-a-202606110300'),
      },
    ]);
    expect(condition('GarbageCollectionScheduled')).toMatchObject({
      status: 'True',
      message: 'the next run starts at 2026-06-12T03:00:00Z',
    });
    await at('2026-06-11T03:00:02Z');
    expect(runs()).toHaveLength(1);
  });

  it.each(['before', 'after'] as const)(
    'makes no second one when it is killed %s each write, whatever became of the first',
    async (when) => {
      setSpec({ garbageCollection: { ...nightly, successfulRunsHistoryLimit: 0 } });
      await at('2026-06-10T14:00:00Z');
      let kills = 0;
      const made = new Set<string | undefined>();
      for (let second = 1; second < 60; second += 1) {
        cluster.crashAt(1 + (second % 3), when);
        const error = await at(`2026-06-11T03:00:${String(second).padStart(2, '0')}Z`).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error instanceof CrashError) kills += 1;
        const run = cluster.get('garbagecollections', 'team-a-202606110300');
        if (run !== undefined) {
          made.add(run.metadata.uid);
          end('team-a-202606110300', 'Succeeded');
        }
        if (error === undefined && second > 6) break;
      }
      expect(kills).toBeGreaterThan(0);
      expect(made.size).toBe(1);
      expect(runs()).toEqual([]);
      expect(registryStatus()?.garbageCollectionSchedule?.lastScheduleTime).toBe('2026-06-11T03:00:00Z');
    },
  );

  it('knows the run that it made before it was killed, and waits for the next time', async () => {
    await at('2026-06-10T14:00:00Z');
    cluster.crashAt(1, 'after');
    await expect(at('2026-06-11T03:00:00Z')).rejects.toThrow(CrashError);
    expect(cluster.writes.at(-1)).toBe('create garbagecollections/team-a-202606110300');
    cluster.crashAt(Number.POSITIVE_INFINITY, 'after');
    await at('2026-06-11T03:00:01Z');
    expect(registryStatus()?.garbageCollectionSchedule?.nextScheduleTime).toBe('2026-06-12T03:00:00Z');
  });

  it('waits for the run before to end, and starts one however many times were missed', async () => {
    setSpec({ garbageCollection: { schedule: '*/10 * * * *' } });
    await at('2026-06-11T03:00:00Z');
    await at('2026-06-11T03:10:00Z');
    await at('2026-06-11T03:20:00Z');
    await at('2026-06-11T03:31:00Z');
    expect(runs()).toEqual(['team-a-202606110310']);
    expect(condition('GarbageCollectionScheduled')).toMatchObject({
      reason: 'RunUnderWay',
      message: 'the run for 2026-06-11T03:30:00Z waits for GarbageCollection team-a-202606110310 to end',
    });
    expect(registryStatus()?.garbageCollectionSchedule?.nextScheduleTime).toBe('2026-06-11T03:30:00Z');
    end('team-a-202606110310', 'Failed');
    await at('2026-06-11T03:32:00Z');
    expect(runs()).toEqual(['team-a-202606110310', 'team-a-202606110330']);
  });

  it('removes what is beyond the limits of what it made, and nothing else', async () => {
    const limits = { successfulRunsHistoryLimit: 2, failedRunsHistoryLimit: 0 };
    setSpec({ garbageCollection: { ...nightly, ...limits } });
    const own = { name: 'by-hand', namespace: 'team', uid: 'h' };
    const status = { phase: 'Succeeded', completionTime: '2026-06-01T00:00:00Z' };
    const spec = { registryRef: { name: 'team-a' } };
    cluster.put('garbagecollections', { metadata: own, spec, status } as KubeObject);
    await at('2026-06-10T14:00:00Z');
    for (const [day, phase] of [
      [11, 'Succeeded'],
      [12, 'Failed'],
      [13, 'Succeeded'],
      [14, 'Succeeded'],
    ] as const) {
      await at(`2026-06-${day}T03:00:00Z`);
      end(`team-a-202606${day}0300`, phase);
    }
    await at('2026-06-14T04:00:00Z');
    expect(runs()).toEqual(['by-hand', 'team-a-202606130300', 'team-a-202606140300']);
  });

  it('makes no run again whose object is gone', async () => {
    setSpec({ garbageCollection: { ...nightly, successfulRunsHistoryLimit: 0 } });
    await at('2026-06-10T14:00:00Z');
    await at('2026-06-11T03:00:00Z');
    end('team-a-202606110300', 'Succeeded');
    await at('2026-06-11T03:01:00Z');
    expect(runs()).toEqual([]);
    await at('2026-06-11T03:02:00Z');
    expect(runs()).toEqual([]);
    expect(registryStatus()?.lastCollection?.name).toBe('team-a-202606110300');
  });

  it('says what is wrong in one sentence, and leaves the Registry usable', async () => {
    setSpec({ garbageCollection: { ...nightly, timeZone: 'Mars/Base' } });
    await at('2026-06-10T14:00:00Z');
    const sentence =
      'spec.garbageCollection.timeZone: there is no time zone "Mars/Base"; write one such as Europe/Berlin or Etc/UTC';
    expect(condition('GarbageCollectionScheduled')).toMatchObject({ status: 'False', message: sentence });
    expect(condition('Stalled')).toMatchObject({ status: 'True', message: sentence });
    expect(condition('Ready')?.reason).toBe('RollingOut');
    expect(events.filter(({ reason }) => reason === 'InvalidSchedule')).toHaveLength(1);
    await at('2026-06-10T14:01:00Z');
    expect(events.filter(({ reason }) => reason === 'InvalidSchedule')).toHaveLength(1);
  });

  it('starts nothing while it is suspended or there are no replicas, nor for that time afterwards', async () => {
    await at('2026-06-10T14:00:00Z');
    for (const [generation, spec] of [
      { garbageCollection: { ...nightly, suspend: true } },
      { garbageCollection: nightly, replicas: 0 },
    ].entries()) {
      setSpec(spec, generation + 2);
      await at(`2026-06-1${generation + 1}T04:00:00Z`);
      expect(condition('GarbageCollectionScheduled')?.status).toBe('False');
    }
    setSpec({ garbageCollection: nightly }, 4);
    await at('2026-06-13T12:00:00Z');
    expect(runs()).toEqual([]);
    await at('2026-06-14T03:00:00Z');
    expect(runs()).toEqual(['team-a-202606140300']);
  });

  it('leaves out a run that is too late, and one whose name is taken, and says so', async () => {
    setSpec({ garbageCollection: { ...nightly, startingDeadline: '10m' } });
    await at('2026-06-10T14:00:00Z');
    await at('2026-06-11T03:11:00Z');
    expect(runs()).toEqual([]);
    expect(scheduleEvents()).toMatchObject([{ type: 'Warning', reason: 'MissedSchedule' }]);
    const metadata = { name: 'team-a-202606120300', namespace: 'team', uid: 'users-own' };
    cluster.put('garbagecollections', { metadata, spec: { registryRef: { name: 'x' } } } as KubeObject);
    await at('2026-06-12T03:00:00Z');
    expect(events.at(-1)).toMatchObject({ type: 'Warning', reason: 'NameTaken' });
    expect(registryStatus()?.garbageCollectionSchedule?.nextScheduleTime).toBe('2026-06-13T03:00:00Z');
  });

  it('tells a refusal of the API server, and tries again', async () => {
    await at('2026-06-10T14:00:00Z');
    const refused = new ApiError({ code: 403, reason: 'Forbidden', message: 'quota exceeded' });
    const working = { ...cluster.client };
    Object.assign(cluster.client, { create: () => Promise.reject(refused) });
    const again = await at('2026-06-11T03:00:00Z');
    expect(condition('GarbageCollectionScheduled')).toMatchObject({ status: 'False', reason: 'Refused' });
    expect(again).toBeLessThanOrEqual(60_000);
    Object.assign(cluster.client, working);
    await at('2026-06-11T03:05:00Z');
    expect(runs()).toEqual(['team-a-202606110300']);
  });

  it('forgets everything when it is taken away', async () => {
    await at('2026-06-10T14:00:00Z');
    setSpec({}, 2);
    await at('2026-06-11T04:00:00Z');
    expect(condition('GarbageCollectionScheduled')).toMatchObject({
      status: 'False',
      reason: 'NotScheduled',
    });
    expect(runs()).toEqual([]);
  });
});
