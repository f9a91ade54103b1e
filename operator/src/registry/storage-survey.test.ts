import type { RegistryState } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import { storageProblems } from './storage-problems.ts';
import { createStorageSurvey, type StorageFacts } from './storage-survey.ts';

type Told = Pick<RegistryState, 'members' | 'storage'>;
const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'team', uid: `uid-${name}` },
  status: { podIP: name },
});

/** Replicas by name, and the time, in the hands of the test. A boot is named as its pod. */
function stage(told: Record<string, Told>) {
  const asked: string[] = [];
  const clock = { now: 1_000_000 };
  const state = async ({ podIP }: { podIP: string }): Promise<RegistryState> => {
    asked.push(podIP);
    const answer = told[podIP];
    if (answer === undefined) throw new Error('no answer');
    return { boot: podIP, ...answer } as RegistryState;
  };
  const survey = createStorageSurvey({ replicas: { state }, now: () => clock.now });
  const look = (...names: string[]): Promise<StorageFacts> => survey.look(exampleRegistry(), names.map(pod));
  const refresh = (...names: string[]): Promise<boolean> => survey.refresh(exampleRegistry(), names.map(pod));
  return { asked, clock, look, refresh, survey };
}

describe('the survey of the storage', () => {
  it('takes the replica with the least room, and asks again only after a while or when a pod is new', async () => {
    const storage = (free: number): Told => ({ storage: { total: 100, free } });
    const { asked, clock, look } = stage({ a: storage(50), b: storage(5) });
    expect(await look('a', 'b')).toMatchObject({ space: { total: 100, free: 5 }, fullness: 'nearlyFull' });
    await look('a', 'b');
    expect(asked).toEqual(['a', 'b']);
    expect(await look('a')).toMatchObject({ space: { free: 50 }, fullness: 'roomy' });
    clock.now += 5_000;
    await look('a');
    expect(asked).toEqual(['a', 'b', 'a', 'a']);
  });

  it('is due every minute, and sooner with little room, but not before somebody looked', async () => {
    const told = { a: { storage: { total: 100, free: 50 } } };
    const { clock, look, refresh, survey } = stage(told);
    const registry = exampleRegistry();
    expect(survey.isDue(registry)).toBe(false);
    await look('a');
    clock.now += 59_000;
    expect(survey.isDue(registry)).toBe(false);
    clock.now += 1_000;
    expect(survey.isDue(registry)).toBe(true);
    told.a.storage.free = 5;
    await refresh('a');
    expect(survey.isDue(registry)).toBe(false);
    clock.now += 10_000;
    expect(survey.isDue(registry)).toBe(true);
    survey.forget(registry);
    expect(survey.isDue(registry)).toBe(false);
  });

  it('has news when a hundredth has changed since somebody looked, until somebody looks again', async () => {
    const told = { a: { storage: { total: 10_000, free: 5_000 } } };
    const { clock, look, refresh } = stage(told);
    await look('a');
    told.a.storage.free = 4_950;
    expect(await refresh('a')).toBe(false);
    told.a.storage.free = 4_900;
    expect(await refresh('a')).toBe(true);
    expect(await refresh('a')).toBe(true);
    clock.now += 5_000;
    await look('a');
    expect(await refresh('a')).toBe(false);
    told.a.storage.total = 20_000;
    expect(await refresh('a')).toBe(true);
  });

  it('keeps what it knows when nobody answers', async () => {
    const { look } = stage({ a: { storage: { total: 100, free: 0 } } });
    await look('a');
    expect(await look('silent')).toMatchObject({ space: { free: 0 }, fullness: 'full' });
    expect(await look()).toMatchObject({ space: { free: 0 } });
  });

  it('tells replicas apart that do not see each other: first they have time, then a person is needed', async () => {
    const { clock, look } = stage({ a: { members: ['a', 'b'] }, b: { members: ['b'] } });
    const first = await look('a', 'b');
    expect(first.apart).toEqual({ pods: ['b', 'a'], forMs: 0 });
    expect(storageProblems(first)).toMatchObject([{ reason: 'ProvingStorage', stalled: false }]);
    clock.now += 10_000;
    expect(storageProblems(await look('a', 'b'))).toMatchObject([
      { reason: 'StoresApart', stalled: true, message: expect.stringContaining('pod b does not find pod a') },
    ]);
    expect((await look('a')).apart).toBeUndefined();
  });

  it('takes one that tells no members for no proof', async () => {
    const { look } = stage({ a: { members: ['a', 'b'] }, b: {} });
    expect((await look('a', 'b')).apart).toBeUndefined();
  });

  it('hands on what keeps a replica from its storage', async () => {
    const hindrance = '/x belongs to 0:0';
    const { look } = stage({ a: { storage: { total: 1, free: 1, hindrance } } });
    expect(storageProblems(await look('a'))).toEqual([
      {
        reason: 'StorageNotUsable',
        message: 'the storage cannot be used: /x belongs to 0:0',
        stalled: true,
        about: 'storage',
      },
    ]);
  });
});
