import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { findCondition } from '../kube/conditions.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { ServedRegistry } from './kind.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';

const kept = ['team-a-ca', 'team-a-tls', 'team-a-htpasswd', 'team-a-http', 'team-a-user-ci'];

async function clusterWith(secrets: readonly KubeObject[], uid: string): Promise<MemoryCluster> {
  const cluster = createMemoryCluster();
  for (const secret of secrets) cluster.put('secrets', secret);
  cluster.put('registries', exampleRegistry({}, { uid, resourceVersion: 'spec-1' }));
  await reconcileOnce(cluster);
  return cluster;
}

/** As a restore creates it: without owner and uid of old. */
function restored({ metadata, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels } = metadata;
  return {
    ...rest,
    metadata: { name, namespace, labels, uid: `new-${name}`, resourceVersion: '1' },
  };
}

it('takes up Secrets that a restore brought back, with every key and password, and is then at rest', async () => {
  const before = await clusterWith([], 'uid-of-old');
  const secrets = kept.map((name) => before.get('secrets', name) as KubeObject & { data: unknown });
  const after = await clusterWith(secrets.map(restored), 'uid-of-new');
  for (const { metadata, data } of secrets) {
    const found = after.get('secrets', metadata.name) as KubeObject & { data: unknown };
    expect(found.data).toEqual(data);
    expect(found.metadata.ownerReferences).toMatchObject([{ uid: 'uid-of-new' }]);
  }
  await reconcileOnce(after);
  const count = after.writes.length;
  await reconcileOnce(after);
  expect(after.writes.slice(count)).toEqual([]);
});

it('leaves alone what does not carry the labels, or belongs to another', async () => {
  const before = await clusterWith([], 'uid-of-old');
  const ca = restored(before.get('secrets', 'team-a-ca') as KubeObject);
  const stranger = { ...ca, metadata: { ...ca.metadata, labels: {} } };
  const owned = before.get('secrets', 'team-a-user-ci') as KubeObject;
  const after = await clusterWith([stranger, owned], 'uid-of-new');
  expect(after.get('secrets', 'team-a-ca')).toEqual(stranger);
  expect(after.get('secrets', 'team-a-user-ci')).toEqual(owned);
  const { status } = after.get('registries', 'team-a') as ServedRegistry;
  expect(findCondition(status?.conditions ?? [], 'Ready')?.reason).toMatch(/NameTaken|PredecessorRemains/);
});
