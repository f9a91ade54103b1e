import { beforeEach, expect, it } from 'vitest';
import { exampleRegistry } from '../../api/registry-example.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { registryIdentities } from '../../resources/identity.ts';
import type { ServedRegistry } from '../kind.ts';
import { createMemoryCluster, type MemoryCluster } from '../memory-cluster.ts';
import { reconcileOnce } from '../reconcile-once.ts';

let cluster: MemoryCluster;

/** Another Registry `other/theirs`. */
function other(
  created: string,
  { spec = {}, url, passed = 0 }: { spec?: object; url?: string; passed?: number } = {},
): void {
  const metadata = { name: 'theirs', namespace: 'other', uid: 'uid-2', creationTimestamp: created };
  cluster.put('registries', {
    ...exampleRegistry(spec, metadata),
    status: { url, conditions: [{ type: 'Exposed', observedGeneration: passed }] },
  } as unknown as KubeObject);
}

async function stalledBy(): Promise<string | undefined> {
  await reconcileOnce(cluster);
  const mine = cluster.get('registries', 'team-a') as ServedRegistry;
  const stalled = findCondition(mine.status?.conditions ?? [], 'Stalled');
  return stalled?.status === 'True' ? stalled.message : undefined;
}

beforeEach(() => {
  cluster = createMemoryCluster();
  cluster.put('registries', exampleRegistry({}, { creationTimestamp: '2026-02-01T00:00:00Z' }));
});

it('the later of two with one host and port makes nothing, does not learn whose it is, and recovers', async () => {
  other('2026-01-01T00:00:00Z');
  const message = await stalledBy();
  expect(message).toContain('registry.team-a.example:443 belongs to another Registry');
  expect(message).not.toMatch(/theirs|other\//);
  expect(cluster.writes.filter((write) => !write.startsWith('status'))).toEqual([]);
  expect((cluster.get('registries', 'team-a') as ServedRegistry).status?.url).toBeUndefined();
  await cluster.client.delete({ plural: 'registries' } as never, { namespace: 'other', name: 'theirs' });
  expect(await stalledBy()).toBeUndefined();
  expect((cluster.get('registries', 'team-a') as ServedRegistry).status?.url).toBe(
    'https://registry.team-a.example',
  );
});

it('the older one goes first, but not before one that serves under that name already', async () => {
  other('2026-03-01T00:00:00Z');
  expect(await stalledBy()).toBeUndefined();
  cluster = createMemoryCluster();
  cluster.put('registries', exampleRegistry({}, { creationTimestamp: '2026-02-01T00:00:00Z' }));
  other('2026-03-01T00:00:00Z', { url: 'https://registry.team-a.example' });
  expect(await stalledBy()).toContain('spec.hostname');
});

it('of two made in one second the first by namespace goes first', async () => {
  other('2026-02-01T00:00:00Z');
  expect(await stalledBy()).toContain('spec.hostname');
});

it('two on other ports of one host, or on ports that the cluster chooses, do not meet', async () => {
  other('2026-01-01T00:00:00Z', { spec: { service: { port: 8443 } } });
  expect(await stalledBy()).toBeUndefined();
  other('2026-01-01T00:00:00Z', { spec: { service: { type: 'NodePort' } } });
  expect(await stalledBy()).toBeUndefined();
});

it.each([
  [{}, 'registry.team-a.example:443'],
  [{ tls: { disabled: true } }, 'registry.team-a.example:80'],
  [{ tls: { disabled: true }, service: { port: 443 } }, 'registry.team-a.example:443'],
  [{ hostname: 'fd00::7', service: { type: 'LoadBalancer', port: 8443 } }, '[fd00::7]:8443'],
  [{ service: { type: 'NodePort', nodePort: 30500 } }, 'registry.team-a.example:30500'],
  [{ service: { type: 'NodePort' } }],
  [{ service: { type: 'NodePort' }, ingress: {} }, 'registry.team-a.example:443'],
  [{ service: { port: 8443 }, gateway: { parentRefs: [{ name: 'edge' }] } }, 'registry.team-a.example:443'],
  [{ externalURL: 'http://outside.example' }, 'outside.example:80'],
  [{ externalURL: 'https://a.example:8443', ingress: {} }, 'a.example:8443', 'registry.team-a.example:443'],
  [{ externalURL: 'https://registry.team-a.example', ingress: {} }, 'registry.team-a.example:443'],
])('the identity of %j is %s', (spec, ...identities) => {
  expect(registryIdentities(exampleRegistry(spec))).toEqual(identities);
});

it('nobody takes the host of another one by an Ingress with a URL of its own, nor its URL', async () => {
  const theirs = 'https://registry.team-a.example';
  cluster.put('registries', exampleRegistry({ ingress: {}, externalURL: 'https://a.example' }));
  other('2026-03-01T00:00:00Z', { url: theirs });
  expect(await stalledBy()).toContain('spec.hostname: registry.team-a.example:443 belongs to');
  expect(cluster.writes.filter((write) => !write.startsWith('status'))).toEqual([]);
  cluster = createMemoryCluster();
  cluster.put('registries', exampleRegistry({ externalURL: theirs, hostname: 'elsewhere.example' }));
  other('2026-03-01T00:00:00Z', { url: theirs });
  expect(await stalledBy()).toContain('spec.externalURL: registry.team-a.example:443 belongs to');
});

it('an older one takes neither the URL nor the host of an Ingress from one that serves, by an edit', async () => {
  for (const hostname of ['a.example', 'edge.example']) {
    cluster = createMemoryCluster();
    cluster.put('registries', exampleRegistry({ hostname }, { creationTimestamp: '2026-02-01T00:00:00Z' }));
    const spec = { hostname: 'edge.example', ingress: {}, externalURL: 'https://a.example' };
    other('2026-03-01T00:00:00Z', { spec, url: 'https://a.example', passed: 1 });
    expect(await stalledBy()).toContain(`spec.hostname: ${hostname}:443 belongs to`);
  }
});

it('one that asks for the host of another one keeps its URL until it has asked for something else', async () => {
  const edited = { externalURL: 'https://a.example', ingress: {} };
  cluster.put('registries', {
    ...exampleRegistry(edited, { creationTimestamp: '2026-02-01T00:00:00Z', generation: 2 }),
    status: { url: 'https://a.example', observedGeneration: 1 },
  } as KubeObject);
  other('2026-03-01T00:00:00Z', { url: 'https://registry.team-a.example' });
  for (let pass = 0; pass < 2; pass += 1) {
    expect(await stalledBy()).toContain('spec.hostname: registry.team-a.example:443 belongs to');
    expect((cluster.get('registries', 'team-a') as ServedRegistry).status?.url).toBe('https://a.example');
  }
});

it('what one asks for by an edit it does not hold, though it holds another name, and is suspended', async () => {
  cluster.put('registries', exampleRegistry({}, { creationTimestamp: '2026-02-01T00:00:00Z' }));
  const spec = { ingress: {}, externalURL: 'https://a.example', suspend: true };
  other('2026-03-01T00:00:00Z', { spec, url: 'https://a.example', passed: 0 });
  expect(await stalledBy()).toBeUndefined();
});

it('a spec without its defaults has an identity too', () => {
  const { metadata } = exampleRegistry();
  const spec = { hostname: 'a.example' } as never;
  expect(registryIdentities({ metadata, spec })).toEqual(['a.example:443']);
  const unreadable = { hostname: 'a.example', externalURL: 'https://a.example:99999' } as never;
  expect(registryIdentities({ metadata, spec: unreadable })).toEqual([]);
});
