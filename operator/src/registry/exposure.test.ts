import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { findCondition } from '../kube/conditions.ts';
import { ApiError } from '../kube/errors.ts';
import type { Route } from '../kube/gateway-kinds.ts';
import type { KubeObject } from '../kube/resource.ts';
import { exposedVerdict } from './exposed-verdict.ts';
import type { ServedRegistry } from './kind.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';

const gateway = { parentRefs: [{ name: 'edge' }] };
let cluster: MemoryCluster;
let generation = 0;

/** Without users, whose passwords take long to hash. */
async function reconcile(spec: object, servesOptional = true): Promise<number | undefined> {
  generation += 1;
  const registry = exampleRegistry(
    { auth: undefined, ...spec },
    { generation, resourceVersion: `spec-${generation}` },
  );
  const status = (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
  cluster.put('registries', { ...registry, status } as KubeObject);
  return reconcileOnce(cluster, { servesOptional });
}

function condition(type: string): { status: string; reason: string } | undefined {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  const found = findCondition(status?.conditions ?? [], type);
  return found && { status: found.status, reason: found.reason };
}

function leading(): string[] {
  return ['ingresses', 'httproutes', 'tlsroutes', 'backendtlspolicies'].filter((plural) =>
    cluster.get(plural, 'team-a'),
  );
}

beforeEach(() => {
  cluster = createMemoryCluster();
});

describe('what leads to a Registry', () => {
  it('comes and goes with the spec', async () => {
    await reconcile({ ingress: {} });
    expect(leading()).toEqual(['ingresses']);
    await reconcile({ gateway });
    expect(leading()).toEqual(['httproutes', 'backendtlspolicies']);
    await reconcile({ gateway: { ...gateway, route: 'TLSRoute' } });
    expect(leading()).toEqual(['tlsroutes']);
    await reconcile({});
    expect(leading()).toEqual([]);
  });

  it('goes on trusting what the pods serve while their certificate has a problem', async () => {
    await reconcile({ gateway });
    const before = cluster.get('backendtlspolicies', 'team-a');
    expect(JSON.stringify(before)).toContain('"team-a-ca"');
    await reconcile({ gateway, tls: { secretName: 'not-there' } });
    expect(condition('CertificateReady')?.status).toBe('False');
    expect(cluster.get('backendtlspolicies', 'team-a')).toEqual(before);
  });

  it.each([
    ['self-signed', undefined, { certManager: { issuerRef: { name: 'missing' } } }],
    ['self-signed', undefined, { secretName: 'not-there' }],
    ['disabled', { disabled: true }, { secretName: 'not-there' }],
  ])(
    'leads to pods that are %s as before while another certificate is not there',
    async (_name, tls, other) => {
      const ways = { ingress: {}, gateway, tls };
      await reconcile(ways);
      const plurals = ['ingresses', 'services', 'httproutes', 'backendtlspolicies', 'statefulsets'];
      const before = plurals.map((plural) => cluster.get(plural, 'team-a'));
      await reconcile({ ...ways, tls: other });
      await reconcile({ ...ways, tls: other });
      expect(condition('CertificateReady')?.status).toBe('False');
      expect(plurals.map((plural) => cluster.get(plural, 'team-a'))).toEqual(before);
      await reconcile({ ...ways, tls: other, replicas: 0 });
      expect(cluster.get('statefulsets', 'team-a')).toMatchObject({ spec: { replicas: 0 } });
    },
  );

  it('leads to the pods as they will speak as soon as they are replaced', async () => {
    await reconcile({ ingress: {}, gateway });
    const tls = { disabled: true };
    await reconcile({ ingress: {}, gateway, tls, replicas: 0 });
    await reconcile({ ingress: {}, gateway, tls, replicas: 0 });
    expect(JSON.stringify(cluster.get('statefulsets', 'team-a'))).not.toContain('team-a-tls');
    expect(JSON.stringify(cluster.get('services', 'team-a'))).not.toContain('appProtocol');
    expect(leading()).toEqual(['ingresses', 'httproutes']);
  });

  it('is never taken from somebody else', async () => {
    const foreign = { metadata: { name: 'team-a', namespace: 'team', uid: 'other' }, spec: {} } as KubeObject;
    cluster.put('ingresses', foreign);
    cluster.put('httproutes', foreign);
    await reconcile({ ingress: {} });
    expect(condition('Ready')?.reason).toBe('NameTaken');
    await reconcile({});
    expect(leading()).toEqual(['ingresses', 'httproutes']);
  });

  it('waits for the Gateway API with a clear word and in no hurry, and goes on when it is there', async () => {
    const again = await reconcile({ gateway }, false);
    expect(again).toBeGreaterThanOrEqual(20_000);
    for (const type of ['Stalled', 'Exposed', 'Ready'])
      expect(condition(type)?.reason, type).toBe('GatewayAPIMissing');
    const count = cluster.writes.length;
    await reconcileOnce(cluster, { servesOptional: false });
    expect(cluster.writes.length).toBe(count);
    await reconcile({ gateway }, true);
    expect(condition('Exposed')?.reason).toBe('RoutePending');
    expect(condition('Stalled')?.status).toBe('False');
  });

  it.each([
    [400, 'admission webhook "validate.ingress.example" denied the request: host taken', 'Refused', 30_000],
    [500, 'failed calling webhook "validate.ingress.example"', 'WebhookUnavailable', 5000],
  ])(
    'tells of a webhook that answers %s, and goes on with the rest',
    async (code, message, reason, again) => {
      const apply = cluster.client.apply.bind(cluster.client) as (...args: unknown[]) => Promise<unknown>;
      const judged = (kind: { plural: string }, ...rest: unknown[]): Promise<unknown> =>
        kind.plural === 'ingresses'
          ? Promise.reject(new ApiError({ code, reason: '', message }))
          : apply(kind, ...rest);
      Object.assign(cluster.client, { apply: judged });
      expect(await reconcile({ ingress: {}, replicas: 0 })).toBe(again);
      expect(cluster.get('statefulsets', 'team-a')).toBeDefined();
      expect(condition('Exposed')).toEqual({ status: 'False', reason });
      expect(condition('Stalled')?.status).toBe(reason === 'Refused' ? 'True' : 'False');
    },
  );

  it('has its addresses in the status', async () => {
    await reconcile({ service: { type: 'LoadBalancer' }, ingress: {} });
    for (const [plural, entry] of [
      ['services', { ip: '192.0.2.7' }],
      ['ingresses', { hostname: 'edge.example' }],
    ] as const) {
      const live = cluster.get(plural, 'team-a') as KubeObject;
      cluster.put(plural, { ...live, status: { loadBalancer: { ingress: [entry] } } } as KubeObject);
    }
    await reconcile({ service: { type: 'LoadBalancer' }, ingress: {} });
    const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
    expect(status?.addresses).toEqual(['192.0.2.7', 'edge.example']);
  });
});

describe('exposedVerdict', () => {
  const registry = exampleRegistry({ gateway });
  function route(...conditions: object[]): Route {
    const parents = [{ parentRef: { name: 'edge' }, conditions }];
    return { metadata: { name: 'team-a', generation: 2 }, status: { parents } } as Route;
  }
  const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  const broken = {
    type: 'ResolvedRefs',
    status: 'False',
    reason: 'BackendNotFound',
    message: 'no such port',
  };

  it.each([
    ['no answer', undefined, 'RoutePending'],
    ['an answer to an older route', route({ ...accepted, observedGeneration: 1 }), 'RoutePending'],
    ['a yes', route({ ...accepted, observedGeneration: 2 }), 'Route'],
    ['a no beside a yes', route(accepted, broken), 'RouteRefused'],
  ])('takes %s as %s', (_name, given, reason) => {
    expect(exposedVerdict(registry, { addresses: [], route: given }).reason).toBe(reason);
  });

  it('wants an address of a load balancer', () => {
    const balanced = exampleRegistry({ service: { type: 'LoadBalancer' } });
    expect(exposedVerdict(balanced, { addresses: [], route: undefined }).reason).toBe('AddressPending');
    expect(exposedVerdict(balanced, { addresses: ['192.0.2.7'], route: undefined }).exposed).toBe(true);
  });
});
