import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectCluster } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
  type KubeObject,
} from '../support/kubernetes.ts';
import { must } from '../support/command.ts';
import { nodeAddress } from '../support/machine.ts';
import { gatewayApi } from '../support/published-definitions.ts';
import { accessOf, registryObject } from '../support/registries.ts';

const namespace = 'e2e-exposure';
const name = 'edge';
const hostname = 'registry.edge.example';
const ref = { kind: 'registry', namespace, name };
const gateway = { parentRefs: [{ name: 'gateway' }] };
const caFile = join(mkdtempSync(join(tmpdir(), 'wharfinger-exposure-')), 'ca.crt');
const operator = 'system:serviceaccount:wharfinger-system:wharfinger';

async function set(spec: Record<string, unknown>): Promise<void> {
  await apply(registryObject({ namespace, name, spec: { hostname, ...spec } }));
}

/** The Registry once its status speaks of its present spec and `type` has this reason. */
async function reasoned(type: string, reason: string): Promise<KubeObject> {
  return eventually(
    `${type} is ${reason}`,
    async () => {
      const found = await get('registry', namespace, name);
      const one = condition(found, type);
      if (one?.reason === reason && (one.observedGeneration ?? -1) >= (found.metadata.generation ?? 0))
        return found;
      throw new Error(JSON.stringify(found['status']));
    },
    { timeoutMs: 90_000 },
  );
}

async function exists(kind: string): Promise<boolean> {
  const { status } = await tryKubectl(['get', kind, name, '-n', namespace]);
  return status === 0;
}

async function gone(...kinds: string[]): Promise<void> {
  for (const kind of kinds) await eventually(`no ${kind}`, async () => !(await exists(kind)));
}

async function patchStatus(kind: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await kubectl(['patch', kind, name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

beforeAll(async () => {
  await gatewayApi.remove();
  await createNamespace(namespace);
  await set({});
  await waitForCondition(ref, 'Ready');
});
afterAll(async () => {
  rmSync(dirname(caFile), { recursive: true, force: true });
  await deleteNamespace(namespace);
  await gatewayApi.remove();
});

const disabled = { disabled: true };

test.each<[Record<string, unknown>, string]>([
  [{ hostname: '192.0.2.1', ingress: {} }, 'ingress and gateway lead to a DNS name'],
  [{ hostname: 'fd00::7', gateway }, 'ingress and gateway lead to a DNS name'],
  [{ tls: disabled, ingress: { tls: 'Passthrough' } }, 'need a registry that serves TLS'],
  [{ tls: disabled, gateway: { ...gateway, route: 'TLSRoute' } }, 'need a registry that serves TLS'],
  [{ ingress: { tls: 'Passthrough', tlsSecretName: 'a' } }, 'ingress.tlsSecretName has no effect'],
  [
    { ingress: { annotations: { 'cert-manager.io/cluster-issuer': 'public' } } },
    'set ingress.tlsSecretName to another one',
  ],
  [{ gateway: { parentRefs: [] } }, 'parentRefs'],
  [{ externalURL: 'registry.example.com' }, 'externalURL must be'],
  [{ externalURL: 'https://registry.example.com/path' }, 'externalURL must be'],
  [{ externalURL: 'https://user@registry.example.com' }, 'externalURL must be'],
  [{ externalURL: 'ftp://registry.example.com' }, 'externalURL must be'],
  [{ externalURL: 'https://registry.example.com:99999' }, 'externalURL must be'],
  [{ externalURL: 'https://:8443' }, 'externalURL must be'],
])('A11: %j is refused in a sentence that names the field', async (spec, message) => {
  const object = registryObject({ namespace, name: 'refused', spec: { hostname, ...spec } });
  const args = ['apply', '--dry-run=server', '-f', '-'];
  const { status, stderr } = await tryKubectl(args, JSON.stringify(object));
  expect(status).not.toBe(0);
  expect(stderr).toContain(message);
});

test('A11: cert-manager may be asked for a certificate of the Ingress in a Secret of its own', async () => {
  const annotations = { 'cert-manager.io/cluster-issuer': 'public' };
  for (const spec of [
    { ingress: { annotations, tlsSecretName: 'public' } },
    { ingress: { annotations }, tls: { secretName: 'public' } },
  ]) {
    const object = registryObject({ namespace, name: 'taken', spec: { hostname, ...spec } });
    const args = ['apply', '--dry-run=server', '-f', '-'];
    expect(await tryKubectl(args, JSON.stringify(object))).toMatchObject({ status: 0 });
  }
});

test('A11: an Ingress leads to the Registry, is repaired, and goes with the spec', async () => {
  const pod = await get('pod', namespace, `${name}-0`);
  await set({ ingress: { className: 'edge', annotations: { 'example.org/body-size': '0' } } });
  const registry = await reasoned('Exposed', 'Ingress');
  expect(at(registry, 'status.url')).toBe(`https://${hostname}`);
  const made = await get('ingress', namespace, name);
  expect(at(made, 'spec.rules[0].host')).toBe(hostname);
  expect(at(made, 'spec.tls[0].secretName')).toBe(`${name}-tls`);
  expect(made.metadata.annotations).toMatchObject({ 'example.org/body-size': '0' });
  const service = await get('service', namespace, name);
  expect(at(service, 'spec.ports[0].appProtocol')).toBe('https');

  await patchStatus('ingress', { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } });
  await eventually('the address shows', async () => {
    const found = await get('registry', namespace, name);
    return JSON.stringify(at(found, 'status.addresses')) === '["192.0.2.10"]';
  });
  await kubectl(['delete', 'ingress', name, '-n', namespace]);
  await eventually('the Ingress is back', () => exists('ingress'));
  await set({});
  await gone('ingress');
  const after = await get('registry', namespace, name);
  expect(at(after, 'status.addresses')).toBeUndefined();
  expect((await get('pod', namespace, `${name}-0`)).metadata.uid, 'no pod was replaced').toBe(
    pod.metadata.uid,
  );
});

test('A11: a load balancer’s address shows in the status, and its absence is told', async () => {
  await set({ service: { type: 'LoadBalancer', port: 8443 } });
  const pending = await reasoned('Exposed', 'AddressPending');
  expect(at(pending, 'status.url')).toBe(`https://${hostname}:8443`);
  // There is no load balancer here: the test plays its part.
  await patchStatus('service', { loadBalancer: { ingress: [{ hostname: 'lb.example' }] } });
  const exposed = await reasoned('Exposed', 'Service');
  expect(at(exposed, 'status.addresses')).toEqual(['lb.example']);
});

test('A11: an external URL is told, and handed out by the registry', async () => {
  await set({ externalURL: 'https://outside.example:9443' });
  await eventually('the URL', async () => {
    const { metadata, ...registry } = await get('registry', namespace, name);
    return (
      at(registry, 'status.url') === 'https://outside.example:9443' &&
      at(registry, 'status.observedGeneration') === metadata.generation
    );
  });
  await waitForCondition(ref, 'Ready');
  // A pod tries the new config before those that serve get it.
  const locations = /^https:\/\/outside[.]example:9443\/v2\//;
  await eventually('the pods have it', async () => locations.test(await uploadLocation()), {
    timeoutMs: 90_000,
  });
  await set({});
  await waitForCondition(ref, 'Ready');
});

test('A11: without the Gateway API it says so and asks seldom; routes come, are judged and go', async () => {
  const since = new Date().toISOString();
  await set({ gateway });
  const stalled = await reasoned('Stalled', 'GatewayAPIMissing');
  expect(condition(stalled, 'Ready')?.message).toContain('CustomResourceDefinitions');
  const { auditLog } = await connectCluster();
  const asked = async (): Promise<number> => {
    let count = 0;
    for await (const { requestURI } of auditOf(auditLog, operator, since))
      if (requestURI.startsWith('/apis/gateway')) count += 1;
    return count;
  };
  // What was answered just before counts for a while.
  await eventually('it asks again', async () => (await asked()) > 0, { timeoutMs: 60_000 });
  expect(await asked()).toBeLessThan(5);

  await gatewayApi.install();
  await reasoned('Exposed', 'RoutePending');
  expect(await exists('httproute')).toBe(true);
  const policy = await get('backendtlspolicy', namespace, name);
  expect(at(policy, 'spec.validation.caCertificateRefs[0].name')).toBe(`${name}-ca`);
  expect(policy.metadata.annotations ?? {}).toHaveProperty(['wharfinger.dev/applied']);
  const route = await get('httproute', namespace, name);
  await refusedFromOperator();
  await judge(route, 'False', 'no such listener');
  const refused = await reasoned('Exposed', 'RouteRefused');
  expect(condition(refused, 'Exposed')?.message).toContain('no such listener');
  await judge(route, 'True', 'taken');
  await reasoned('Exposed', 'Route');

  await set({ gateway: { ...gateway, route: 'TLSRoute' } });
  await gone('httproute', 'backendtlspolicy');
  await eventually('the TLSRoute', () => exists('tlsroute'));
  await kubectl(['delete', 'tlsroute', name, '-n', namespace]);
  await eventually('the TLSRoute is back', () => exists('tlsroute'));
  await set({});
  await gone('tlsroute');
});

/** A route that belongs to no Registry. */
async function refusedFromOperator(): Promise<void> {
  const { apiVersion, spec } = await get('httproute', namespace, name);
  const foreign = { apiVersion, kind: 'HTTPRoute', metadata: { namespace, name: 'foreign' }, spec };
  const args = ['create', '-f', '-', `--as=${operator}`];
  const { status, stderr } = await tryKubectl(args, JSON.stringify(foreign));
  expect(status).not.toBe(0);
  expect(stderr).toContain('must belong to a Registry');
}

/** What a Gateway would say; the implementation that carries a push has a test of its own. */
async function judge(route: KubeObject, status: string, message: string): Promise<void> {
  const one = {
    type: 'Accepted',
    status,
    reason: 'Judged',
    message,
    observedGeneration: route.metadata.generation,
  };
  const conditions = [{ ...one, lastTransitionTime: new Date().toISOString() }];
  const parentRef = { name: 'gateway' };
  await patchStatus('httproute', {
    parents: [{ parentRef, controllerName: 'example.org/played', conditions }],
  });
}

/** Where the registry sends the client that begins an upload. */
async function uploadLocation(): Promise<string> {
  const { host, ca, username, password } = await accessOf(namespace, name);
  const port = host.split(':').at(-1) ?? '';
  const settings = [
    `url = https://${hostname}:${port}/v2/app/blobs/uploads/`,
    `resolve = ${hostname}:${port}:${nodeAddress()}`,
    `user = "${username}:${password}"`,
    'request = POST',
    'silent',
    'show-error',
    'include',
    `cacert = ${caFile}`,
  ];
  writeFileSync(caFile, ca);
  const answer = await must(['curl', '--config', '-'], { input: settings.join('\n') });
  return /^location: (\S+)/im.exec(answer)?.[1] ?? '';
}
