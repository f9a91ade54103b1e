import { isDeepStrictEqual } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeTrustStatus } from '../api/node-trust-status.ts';
import type { Client } from '../kube/client.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventFacts } from '../kube/events.ts';
import type { KubeObject } from '../kube/resource.ts';
import { createMemoryCluster, type MemoryCluster } from '../registry/memory-cluster.ts';
import type { ServedNodeTrust } from './kind.ts';
import { createNodeTrustReconciler, type NodeTrustReconciler } from './reconciler.ts';
import type { NodeTrustStores } from './stores.ts';

const namespace = 'system-nodes';
let cluster: MemoryCluster;
let reconcile: NodeTrustReconciler;
let events: EventFacts[];
let clock: number;

beforeEach(() => {
  cluster = createMemoryCluster();
  events = [];
  clock = 0;
  const client = { ...cluster.client, apply: applyWithGeneration } as Client;
  const stores = {
    ...cluster.stores,
    nodeTrusts: { get: () => cluster.get('nodetrusts', 'team') },
    daemonSets: { get: () => cluster.get('daemonsets', 'team') },
  } as unknown as NodeTrustStores;
  reconcile = createNodeTrustReconciler({
    client,
    stores,
    events: { record: (_regarding, facts) => void events.push(facts), flush: () => Promise.resolve() },
    namespace,
    image: 'operator:1',
    now: () => clock,
  });
  put('nodetrusts', {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'NodeTrust',
    metadata: { name: 'team', uid: 'trust-1', generation: 1, resourceVersion: '1' },
    spec: { registries: [{ namespace: 'team', name: 'images', hostnames: ['registry.example'] }] },
  });
  put('registries', {
    metadata: { name: 'images', namespace: 'team', uid: 'registry-1' },
    spec: { hostname: 'registry.example' },
    status: { url: 'http://registry.example' },
  });
});

/** As the API server does: another spec is another generation. */
async function applyWithGeneration(...args: Parameters<Client['apply']>): Promise<KubeObject> {
  const [kind] = args;
  const before: (KubeObject & { spec?: unknown }) | undefined = cluster.get(kind.plural, 'team');
  const applied: KubeObject & { spec?: unknown } = await cluster.client.apply(...args);
  const isSame = isDeepStrictEqual(before?.spec, applied.spec);
  const generation = (before?.metadata.generation ?? 0) + (isSame ? 0 : 1);
  const counted = { ...applied, metadata: { ...applied.metadata, generation } };
  put(kind.plural, counted);
  return counted;
}

const put = (plural: string, object: object): void => cluster.put(plural, object as KubeObject);
const trust = (): ServedNodeTrust => cluster.get('nodetrusts', 'team') as ServedNodeTrust;
const status = (): NodeTrustStatus => trust().status ?? {};
const ready = (): object => findCondition(status().conditions ?? [], 'Ready') ?? {};
const document = (): { hosts: object[] } => {
  const map = cluster.get('configmaps', 'team') as { data?: Record<string, string> } | undefined;
  return JSON.parse(map?.data?.['trust.json'] ?? 'null') as { hosts: object[] };
};

/** As often as the watches would have it done. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await reconcile({ name: 'team' });
}

function rollOut(done: number, wanted = 2): void {
  const daemonSet = cluster.get('daemonsets', 'team') as KubeObject;
  const counts = { desiredNumberScheduled: wanted, updatedNumberScheduled: wanted, numberReady: done };
  put('daemonsets', {
    ...daemonSet,
    status: { observedGeneration: daemonSet.metadata.generation, ...counts },
  });
}

function podOn(node: string, containerStatus: object, deleted = false): void {
  const labels = { 'app.kubernetes.io/name': 'node-trust', 'app.kubernetes.io/instance': 'team' };
  const deletion = deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  put('pods', {
    metadata: { name: `team-${node}`, namespace, labels, ...deletion },
    spec: { nodeName: node },
    status: { containerStatuses: [containerStatus] },
  });
}

describe('the reconciler of NodeTrusts', () => {
  it('says at first sight that it is not done, and is Ready when every node is', async () => {
    await reconcile({ name: 'team' });
    expect(ready()).toMatchObject({ status: 'False', reason: 'Starting' });
    expect(status().observedGeneration).toBe(1);
    await settle();
    expect((trust().metadata as { finalizers?: string[] }).finalizers).toEqual(['wharfinger.dev/node-trust']);
    expect(document().hosts).toMatchObject([{ hostname: 'registry.example', port: 80, tls: false }]);
    rollOut(1);
    await settle();
    expect(ready()).toMatchObject({ status: 'False', reason: 'RollingOut' });
    rollOut(2);
    await settle();
    expect(ready()).toMatchObject({ status: 'True', message: '2 of 2 nodes trust 1 of 1 Registries' });
    expect(status()).toMatchObject({ trusted: '1/1', converged: '2/2', nodes: { wanted: 2, done: 2 } });
    const writes = cluster.writes.length;
    await settle();
    expect(cluster.writes.length).toBe(writes);
    expect(events.map(({ reason }) => reason)).toEqual(['Starting', 'RollingOut', 'Trusted']);
  });

  it('tells progress at most every two seconds', async () => {
    await settle();
    rollOut(0, 500);
    await settle();
    const writes = cluster.writes.length;
    for (let done = 1; done <= 400; done += 1) {
      rollOut(done, 500);
      clock += 10;
      await settle();
    }
    expect(cluster.writes.length - writes).toBeLessThanOrEqual(3);
    clock += 2000;
    await settle();
    expect(status().converged).toBe('400/500');
  });

  it('takes trust away when the owner of a Registry gives it another name', async () => {
    await settle();
    const registry = cluster.get('registries', 'images') as KubeObject;
    put('registries', { ...registry, spec: { hostname: 'ghcr.example' } });
    rollOut(2);
    await settle();
    expect(document().hosts).toEqual([]);
    expect(ready()).toMatchObject({ status: 'False', reason: 'HostnameNotListed' });
    expect(status().registries).toMatchObject([{ trusted: false, reason: 'HostnameNotListed' }]);
  });

  it('names the nodes that are not as declared, and why', async () => {
    await settle();
    rollOut(0);
    const message = '/etc/x is not what this NodeTrust wrote';
    podOn('b', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { message } },
    });
    podOn('a', { state: { running: {} } }, true);
    await settle();
    expect(status().pending).toEqual([
      { node: 'a', message: 'its former pod has not ended; does the node answer?' },
      { node: 'b', message },
    ]);
    expect(findCondition(status().conditions ?? [], 'Stalled')).toMatchObject({
      status: 'True',
      message: `0 of 2 nodes are as declared; node b: ${message}`,
    });
  });

  it('stays until every node is free of it, and goes then', async () => {
    await settle();
    rollOut(2);
    put('nodetrusts', {
      ...trust(),
      metadata: { ...trust().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    await settle();
    expect(document().hosts).toEqual([]);
    rollOut(1);
    await settle();
    expect((trust().metadata as { finalizers?: string[] }).finalizers).toHaveLength(1);
    expect(ready()).toMatchObject({ reason: 'Undoing' });
    rollOut(2);
    await settle();
    expect((trust().metadata as { finalizers?: string[] }).finalizers).toEqual([]);
  });

  it('touches no DaemonSet of somebody else, and does not hold its NodeTrust for it', async () => {
    put('daemonsets', { kind: 'DaemonSet', metadata: { name: 'team', namespace, uid: 'foreign' } });
    await settle();
    expect(ready()).toMatchObject({ reason: 'NameTaken' });
    expect(cluster.writes.filter((write) => write.includes('daemonsets'))).toEqual([]);
    put('nodetrusts', {
      ...trust(),
      metadata: { ...trust().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    await settle();
    expect((trust().metadata as { finalizers?: string[] }).finalizers).toEqual([]);
  });

  it('trusts one of two Registries with the same host and port', async () => {
    const both = ['images', 'more'].map((name) => ({
      namespace: 'team',
      name,
      hostnames: ['registry.example'],
    }));
    put('nodetrusts', { ...trust(), spec: { registries: both } });
    put('registries', {
      metadata: { name: 'more', namespace: 'team', uid: 'registry-2' },
      spec: { hostname: 'registry.example' },
      status: { url: 'http://registry.example' },
    });
    await settle();
    expect(document().hosts).toHaveLength(1);
    expect(status().registries).toMatchObject([{ reason: 'Trusted' }, { reason: 'HostTaken' }]);
  });
});
