import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  type Condition,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { accessOf, createRegistry, registryObject } from '../support/registries.ts';
import { pulling, repeat } from '../support/traffic.ts';

const namespace = 'e2e-config';
const pair = { kind: 'registry', namespace, name: 'pair' };
const single = { kind: 'registry', namespace, name: 'single' };
const two = {
  replicas: 2,
  storage: { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } },
};
const one = image([randomLayer(), randomLayer(200_000)]);
const header = { http: { headers: { 'X-Site': ['north'] } } };

beforeAll(async () => {
  await createNamespace(namespace);
  await apply(registryObject({ namespace, name: 'pair', spec: two }));
  await createRegistry({ namespace, name: 'single' });
  await waitForCondition(pair, 'Ready');
  for (const name of ['pair', 'single']) {
    const client = new RegistryClient(await accessOf(namespace, name));
    await client.push('app', 'v1', one);
    client.close();
  }
});
afterAll(() => deleteNamespace(namespace));

function change(name: 'pair' | 'single', spec: Record<string, unknown> = {}): Promise<string> {
  return apply(registryObject({ namespace, name, spec: { ...(name === 'pair' ? two : {}), ...spec } }));
}

async function stalled(registry: typeof pair, reason: string): Promise<Condition> {
  const found = await eventually(`${registry.name}: ${reason}`, async () => {
    const object = await waitForCondition(registry, 'Stalled');
    const one = condition(object, 'Stalled');
    if (one?.reason !== reason) throw new Error(JSON.stringify(one));
    return one;
  });
  const ready = condition(await get('registry', namespace, registry.name), 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason });
  return found;
}

async function podsOf(name: string): Promise<string[]> {
  const pods = await list(
    'pods',
    namespace,
    `app.kubernetes.io/name=registry,app.kubernetes.io/instance=${name}`,
  );
  return pods.map(({ metadata }) => metadata.uid).sort();
}

async function headersOf(name: string): Promise<Record<string, unknown>> {
  const client = new RegistryClient(await accessOf(namespace, name));
  const { headers } = await client.call('GET', '/v2/');
  client.close();
  return headers;
}

async function trialIsGone(name: string): Promise<void> {
  await eventually('the trial is gone', async () => {
    const found = await tryKubectl(['get', 'pod,configmap', `${name}-trial`, '-n', namespace]);
    return found.status !== 0 && /not found/i.test(found.stderr);
  });
}

test('A10: two replicas go through wrong, not starting and good settings, and no pull fails', async () => {
  const client = new RegistryClient(await accessOf(namespace, 'pair'));
  const pulls = pulling(client, 'app', 'v1', one);
  const before = await podsOf('pair');
  const config = (await get('configmap', namespace, 'pair-config'))['data'];

  await change('pair', {
    config: { http: { addr: ':80', adr: 1 }, log: { level: 'loud' }, redis: { password: 'hunter2' } },
  });
  const wrong = await stalled(pair, 'InvalidConfig');
  expect(wrong.message).toContain('http.addr: the operator sets it');
  expect(wrong.message).toContain('http.adr: unknown key');
  expect(wrong.message).toContain('log.level: must be one of error, warn, info, debug');
  expect(wrong.message).toContain('set REGISTRY_REDIS_PASSWORD in spec.env');
  expect(JSON.stringify(await get('registry', namespace, 'pair')).split('hunter2')).toHaveLength(3);

  await change('pair', { config: { http: { tls: { clientcas: ['/nowhere/ca.crt'] } } } });
  const unreadable = await stalled(pair, 'RolloutBlocked');
  expect(unreadable.message).toMatch(/container registry ends with status 1: .*\/nowhere\/ca\.crt/);
  await change('pair', { image: '127.0.0.1:1/registry:1' });
  expect((await stalled(pair, 'RolloutBlocked')).message).toContain(
    'image 127.0.0.1:1/registry:1 of container registry cannot be pulled',
  );
  const events = await list('events.events.k8s.io', namespace);
  expect(events.some((event) => event['reason'] === 'RolloutBlocked')).toBe(true);
  expect(await podsOf('pair')).toEqual(before);
  expect((await get('configmap', namespace, 'pair-config'))['data']).toEqual(config);

  await change('pair');
  await waitForCondition(pair, 'Ready');
  await trialIsGone('pair');
  expect(await podsOf('pair')).toEqual(before);

  await change('pair', { config: header });
  await waitForCondition(pair, 'Ready', 'True', 120_000);
  const after = await podsOf('pair');
  expect(after.filter((uid) => before.includes(uid))).toEqual([]);
  expect(await headersOf('pair')).toMatchObject({ 'x-site': 'north', 'x-content-type-options': 'nosniff' });
  const { failures, operations, slowest } = await pulls.stop();
  client.close();
  console.info(`two replicas: ${operations} pulls, slowest ${Math.round(slowest)} ms`);
  expect(failures).toEqual([]);
  expect(operations).toBeGreaterThan(100);
});

test('A10: checks that fail keep settings away from the pod, and scaling goes on', async () => {
  const before = await podsOf('single');
  await change('single', {
    config: { health: { tcp: [{ addr: '127.0.0.1:1', interval: '1s', timeout: '1s', threshold: 1 }] } },
  });
  const trying = await stalled(single, 'RolloutBlocked');
  expect(trying.message).toContain('its readiness probe fails');
  expect(await podsOf('single')).toEqual(before);
  await kubectl(['scale', 'registry', 'single', '-n', namespace, '--replicas=0']);
  await eventually('no pods', async () => (await podsOf('single')).length === 0);
  await change('single', { replicas: 1 });
  await waitForCondition(single, 'Ready');
});

test('A10: variables set keys and whole sections, and the values of Secrets are never told', async () => {
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'level' },
    stringData: { level: 'hunter2' },
  });
  const env = [
    { name: 'REGISTRY_AUTH', value: '{htpasswd: {realm: "a $(POD_NAME) realm"}}' },
    { name: 'REGISTRY_LOG_LEVEL', valueFrom: { secretKeyRef: { name: 'level', key: 'level' } } },
  ];
  await change('single', { env });
  const { message } = await stalled(single, 'InvalidConfig');
  expect(message).toContain('REGISTRY_LOG_LEVEL from Secret level, key level');
  expect(message).not.toContain('hunter2');

  const client = new RegistryClient(await accessOf(namespace, 'single'));
  let pulled = performance.now();
  let gap = 0;
  const pulls = repeat(async () => {
    await client.pull('app', 'v1', one);
    gap = Math.max(gap, performance.now() - pulled);
    pulled = performance.now();
  }, 40);
  await kubectl(['patch', 'secret', 'level', '-n', namespace, '-p', '{"stringData":{"level":"debug"}}']);
  await waitForCondition(single, 'Ready', 'True', 90_000);
  await eventually('pulls again', async () => performance.now() - pulled < 1000);
  const { failures, operations } = await pulls.stop();
  client.close();
  console.info(
    `one replica: ${failures.length} of ${operations} pulls failed while the pod was replaced, none served for ${Math.round(gap)} ms`,
  );
  expect(gap).toBeLessThan(30_000);
  const anonymous = new RegistryClient({
    ...(await accessOf(namespace, 'single')),
    username: 'no',
    password: 'no',
  });
  const refused = await anonymous.call('GET', '/v2/');
  anonymous.close();
  expect(refused.headers['www-authenticate']).toBe('Basic realm="a $(POD_NAME) realm"');
  const told = await kubectl(['get', 'registry,statefulset,configmap,events', '-n', namespace, '-o', 'json']);
  expect(told).not.toContain('hunter2');
});

test('A14: a suspended Registry is left as it is, says so, starts no collection, and can be deleted', async () => {
  await change('single', { suspend: true, readOnly: true, podAnnotations: { example: 'x' } });
  const suspended = await waitForCondition(single, 'Suspended');
  expect(condition(suspended, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
  expect(condition(suspended, 'Reconciling')?.status).toBe('False');
  expect(condition(suspended, 'Stalled')?.status).toBe('False');
  expect(at(suspended, 'status.observedGeneration')).toBe(suspended.metadata.generation);
  const before = await get('statefulset', namespace, 'single');
  await apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: 'waits' },
    spec: { registryRef: { name: 'single' } },
  });
  await eventually('the run waits', async () => {
    const run = await get('garbagecollections', namespace, 'waits');
    return at(run, 'status.phase') === 'Queued' && String(at(run, 'status.message')).includes('spec.suspend');
  });
  await kubectl([
    'annotate',
    'configmap',
    'single-config',
    '-n',
    namespace,
    'wharfinger.dev/applied-',
    'mine=kept',
  ]);
  await kubectl([
    'patch',
    'configmap',
    'single-config',
    '-n',
    namespace,
    '-p',
    '{"data":{"config.yml":"x"}}',
  ]);
  const client = new RegistryClient(await accessOf(namespace, 'single'));
  expect((await client.call('POST', '/v2/app/blobs/uploads/')).status).toBe(202);
  expect((await get('statefulset', namespace, 'single')).metadata.resourceVersion).toBe(
    before.metadata.resourceVersion,
  );

  await change('single', { readOnly: true });
  await waitForCondition(single, 'Ready', 'True', 90_000);
  await waitForCondition(single, 'ReadOnly');
  expect((await client.call('POST', '/v2/app/blobs/uploads/')).status).toBe(405);
  client.close();
  const repaired = await get('configmap', namespace, 'single-config');
  expect(at(repaired, 'data') as Record<string, string>).toMatchObject({
    'config.yml': expect.stringContaining('version:') as string,
  });
  expect(repaired.metadata.annotations?.['mine']).toBe('kept');
});

test('A14: reconcile-at is echoed, and tries again at once what did not start', async () => {
  await kubectl(['annotate', 'registry', 'single', '-n', namespace, 'wharfinger.dev/reconcile-at=first']);
  await eventually('the echo', async () => {
    return at(await get('registry', namespace, 'single'), 'status.lastHandledReconcileAt') === 'first';
  });
  await change('single', { image: '127.0.0.1:1/registry:1' });
  await stalled(single, 'RolloutBlocked');
  const { uid } = (await get('pod', namespace, 'single-trial')).metadata;
  await kubectl([
    'annotate',
    'registry',
    'single',
    '-n',
    namespace,
    '--overwrite',
    'wharfinger.dev/reconcile-at=again',
  ]);
  await eventually(
    'another trial',
    async () => (await get('pod', namespace, 'single-trial')).metadata.uid !== uid,
  );
  await change('single', { suspend: true });
  await kubectl(['delete', 'registry', 'single', '-n', namespace, '--timeout=60s']);
  await eventually('all of it is gone', async () => {
    const found = await list('statefulset,pod,secret', namespace, 'app.kubernetes.io/instance=single');
    return found.length === 0;
  });
});
