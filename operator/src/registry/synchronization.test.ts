import { maintenanceHash, type RegistryState } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import type { ReplicaAddress } from '../replicas/replica-client.ts';
import { createSynchronization } from './synchronization.ts';

const registry = exampleRegistry();
const pod = {
  metadata: { name: 'team-a-0', namespace: 'team', uid: 'pod-uid' },
  status: { podIP: '10.0.0.5', conditions: [{ type: 'Ready', status: 'True' }] },
} as Pod;
const expected = { maintenance: '{"readOnly":false}', htpasswd: '', certificate: 'abc' };

/** One replica, and the time, in the hands of the test. */
function stage() {
  const replica = { certificate: 'abc', silent: false };
  const seen = { asked: [] as ReplicaAddress[], patches: [] as string[] };
  const clock = { now: 1_000_000 };
  const state = async (address: ReplicaAddress): Promise<RegistryState> => {
    seen.asked.push(address);
    if (replica.silent) throw new Error('connection refused');
    const observed = { registry: maintenanceHash(expected.maintenance), collection: '' };
    return { observed, htpasswd: '', certificate: replica.certificate } as RegistryState;
  };
  const client = {
    patchMerge: async (
      _kind: unknown,
      _ref: unknown,
      patch: { metadata: { annotations: Record<string, string> } },
    ) => {
      seen.patches.push(patch.metadata.annotations['wharfinger.dev/sync'] ?? '');
    },
  } as unknown as Client;
  const plan = () => Promise.reject(new Error('nobody asks for a plan'));
  const replicas = { state, plan, close: () => undefined };
  const synchronization = createSynchronization({ client, replicas, now: () => clock.now });
  const look = (wanted = expected) => synchronization.synchronize(registry, [pod], wanted);
  return { replica, seen, clock, look };
}

describe('synchronization', () => {
  it('asks a pod by its address and internal name, and once only when it confirms', async () => {
    const { seen, look } = stage();
    expect(await look()).toEqual([]);
    expect(await look()).toEqual([]);
    expect(seen.asked).toEqual([
      { podIP: '10.0.0.5', serverName: 'team-a-0.team-a-pods.team.wharfinger.internal', port: 5002 },
    ]);
    expect(seen.patches).toEqual([]);
  });

  it('nudges the kubelet at once after a change, and every 2 s with a new value until it is confirmed', async () => {
    const { replica, seen, clock, look } = stage();
    await look();
    const changed = { ...expected, certificate: 'def' };
    expect(await look(changed)).toEqual([{ pod: 'team-a-0', lacks: 'certificate', forMs: 0 }]);
    expect(seen.patches).toHaveLength(1);
    clock.now += 1900;
    await look(changed);
    expect(seen.patches).toHaveLength(1);
    clock.now += 200;
    await look(changed);
    expect(new Set(seen.patches).size).toBe(2);
    replica.certificate = 'def';
    expect(await look(changed)).toEqual([]);
    clock.now += 60_000;
    await look(changed);
    expect(seen.patches).toHaveLength(2);
  });

  it('patches a replica that never confirms ever more seldom, and a new change at once', async () => {
    const { replica, seen, clock, look } = stage();
    await look();
    replica.silent = true;
    const changed = { ...expected, certificate: 'def' };
    for (let second = 0; second < 600; second += 1) {
      await look(changed);
      clock.now += 1000;
    }
    expect(seen.patches.length).toBeGreaterThan(15);
    expect(seen.patches.length).toBeLessThan(45);
    const count = seen.patches.length;
    await look({ ...expected, certificate: 'fed' });
    expect(seen.patches).toHaveLength(count + 1);
  });

  it('nudges the kubelet once for a file system that is to grow, which no replica confirms', async () => {
    const { seen, clock, look } = stage();
    await look();
    const growing = { ...expected, growing: 'to 2Gi' };
    expect(await look(growing)).toEqual([]);
    clock.now += 60_000;
    await look(growing);
    expect(seen.patches).toHaveLength(1);
  });

  it('names a replica that does not answer', async () => {
    const { replica, look } = stage();
    replica.silent = true;
    expect(await look()).toEqual([{ pod: 'team-a-0', lacks: 'connection refused', forMs: 0 }]);
  });

  it('expects nothing of what is not known', async () => {
    const { look } = stage();
    const unknown = { maintenance: undefined, htpasswd: undefined, certificate: undefined };
    expect(await look(unknown as unknown as typeof expected)).toEqual([]);
  });
});
