import { afterAll, beforeAll, expect, test } from 'vitest';
import { permissionsIn, type Rule } from '../support/audit.ts';
import { eventually } from '../support/eventually.ts';
import { chart, helm, imageValues, rendered } from '../support/helm.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  kubectlWithToken,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { scaleOperator } from '../support/operator-process.ts';
import { clientOf, createRegistry, registryObject } from '../support/registries.ts';

const release = 'lone';
const [home, inside, second, outside] = ['e2e-lone', 'e2e-lone-in', 'e2e-lone-two', 'e2e-lone-out'] as const;
const namespaces = [home, inside, second, outside];
const consent = `accept-from.wharfinger.dev/${inside}`;
const account = `system:serviceaccount:${home}:${release}-wharfinger`;
const name = 'store';
const one = image([randomLayer()]);
let values: Record<string, unknown>;
let replicasBefore: number;

async function upgrade(changed: Record<string, unknown> = {}): Promise<void> {
  const scope = { crds: { install: false }, watchNamespaces: [inside, second], replicas: 1 };
  const all = { ...values, ...scope, ...changed };
  const wait = ['--wait', '--timeout', '120s'];
  await helm(
    ['upgrade', '--install', release, chart, '--namespace', home, '--values', '-', ...wait],
    JSON.stringify(all),
  );
}

async function replicas(): Promise<unknown> {
  return at(await get('deployment', home, `${release}-wharfinger`), 'spec.replicas');
}

beforeAll(async () => {
  values = await imageValues();
  const [deployment] = await list('deployments', 'wharfinger-system');
  replicasBefore = Number(at(deployment, 'spec.replicas'));
  // Two operators of different namespaces would not agree about who may see the state of a pod.
  await scaleOperator(0);
  for (const namespace of namespaces) await createNamespace(namespace);
  for (const namespace of [second, outside])
    await kubectl(['label', 'namespace', namespace, `${consent}=true`]);
  await upgrade();
});
afterAll(async () => {
  await tryKubectl(['delete', 'registry', '--all', '-n', inside, '--wait=true', '--timeout=60s']);
  await helm(['uninstall', release, '--namespace', home, '--ignore-not-found']);
  for (const namespace of namespaces) await deleteNamespace(namespace);
  await scaleOperator(replicasBefore);
});

test('A15: an operator of some namespaces looks after their Registries and after no others', async () => {
  await createRegistry({ namespace: inside, name });
  const client = await clientOf(inside, name);
  await client.push('app', 'v1', one);
  client.close();
  await apply(registryObject({ namespace: outside, name }));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect((await get('registry', outside, name))['status']).toBeUndefined();
  expect(await list('statefulsets', outside)).toEqual([]);
});

test('A15: its token reads nothing of another namespace, and no Secret of its own', async () => {
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'foreign', namespace: outside },
    stringData: { key: 'value' },
  });
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'foreign', namespace: home } });
  const token = (
    await kubectl(['create', 'token', `${release}-wharfinger`, '-n', home, '--duration=10m'])
  ).trim();
  const asOperator = await kubectlWithToken(token);
  const refused = async (...args: string[]): Promise<void> => {
    const { status, stdout, stderr } = await asOperator(args);
    expect(status, args.join(' ')).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr, args.join(' ')).toContain('Forbidden');
  };
  await refused('get', 'secret', 'foreign', '-n', outside);
  await refused('get', 'secret', 'foreign', '-n', home);
  for (const kind of ['secrets', 'configmaps', 'serviceaccounts', 'registries', 'pods']) {
    await refused('get', kind, '-n', outside);
    await refused('get', kind, '--all-namespaces');
  }
  await refused('get', 'namespaces');
  await refused('get', 'namespace', outside);
  await refused('delete', 'registry', name, '-n', inside);
  for (const granted of [
    ['get', 'secrets', '-n', inside],
    ['get', 'namespace', second],
  ])
    expect((await asOperator(granted)).status, granted.join(' ')).toBe(0);
});

test('A15, A7: it gives to those of its namespaces that consent, and to no others', async () => {
  const names = [inside, second, outside];
  const pullSecrets = [{ name: 'pull', user: 'ci', namespaces: { names }, serviceAccounts: ['default'] }];
  // Nobody pulls here, so no pod is needed.
  await apply(registryObject({ namespace: inside, name: 'small', spec: { replicas: 0, pullSecrets } }));
  const exists = async (namespace: string): Promise<boolean> =>
    (await tryKubectl(['get', 'secret', 'pull', '-n', namespace])).status === 0;
  await eventually('the Secret', () => exists(second), { timeoutMs: 60_000 });
  expect(await exists(inside)).toBe(true);
  expect(await exists(outside)).toBe(false);
  const shared = condition(await get('registry', inside, 'small'), 'Shared');
  expect(shared?.message).toContain(`no consent of namespace ${outside};`);
  await kubectl(['label', 'namespace', second, `${consent}-`]);
  await eventually('removal', async () => !(await exists(second)), { timeoutMs: 45_000 });
  await kubectl(['delete', 'registry', 'small', '-n', inside]);
  await eventually('detachment', async () => {
    const text = JSON.stringify(await get('serviceaccount', inside, 'default'));
    return !text.includes('pull');
  });
});

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

interface Review {
  readonly spec: {
    readonly resourceAttributes: {
      readonly namespace?: string;
      /** Left out for the core group. */
      readonly group?: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly verb: string;
    };
  };
  readonly status?: { readonly allowed: boolean };
}

/** Group and name of every resource that the cluster serves, subresources that matter included. */
async function resources(): Promise<{ group: string; resource: string; subresource?: string }[]> {
  const lines = (await kubectl(['api-resources', '-o', 'name'])).trim().split('\n');
  const plain = lines.map((line) => {
    const [resource = '', ...group] = line.split('.');
    return { group: group.join('.'), resource };
  });
  const subresources = ['exec', 'attach', 'portforward', 'log', 'eviction', 'status', 'ephemeralcontainers'];
  return [
    ...plain,
    ...subresources.map((subresource) => ({ group: '', resource: 'pods', subresource })),
    { group: '', resource: 'serviceaccounts', subresource: 'token' },
    { group: 'wharfinger.dev', resource: 'registries', subresource: 'status' },
    { group: 'wharfinger.dev', resource: 'garbagecollections', subresource: 'status' },
  ];
}

/** What the operator may do in a namespace, or in all of them, as the API server judges it. */
async function allowed(namespace?: string): Promise<string[]> {
  const asked = (await resources()).flatMap((resource) =>
    verbs.map((verb) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: account, resourceAttributes: { ...resource, verb, ...(namespace ? { namespace } : {}) } },
    })),
  );
  const input = asked.map((review) => JSON.stringify(review)).join('\n---\n');
  const text = await kubectl(['create', '-f', '-', '-o', 'json', '--validate=false'], input);
  const reviews = (JSON.parse(`[${text.trim().replaceAll(/\n\}\n\{/g, '\n},\n{')}]`) as Review[]).flatMap(
    (one) => (one as unknown as { items?: Review[] }).items ?? [one],
  );
  expect(reviews).toHaveLength(asked.length);
  return reviews
    .filter(({ status }) => status?.allowed)
    .map(({ spec: { resourceAttributes: at } }) => {
      const { group = '', resource, subresource, verb } = at;
      return `${group}/${resource}${subresource ? `/${subresource}` : ''} ${verb}`;
    });
}

test('A15: of every verb on every resource it may do what its Role names, in its namespaces alone', async () => {
  const objects = await rendered({ watchNamespaces: [inside, second] }, { name: release, namespace: home });
  const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.namespace === inside);
  // A right to one object by its name is none to the kind.
  const rules = role?.['rules'] as (Rule & { readonly resourceNames?: string[] })[];
  expect(rules.flatMap(({ resourceNames = [] }) => resourceNames)).toEqual([inside]);
  const granted = permissionsIn(rules.filter((rule) => rule.resourceNames === undefined)).sort();
  const served = new Set(
    (await resources()).map(
      ({ group, resource, subresource }) => `${group}/${resource}${subresource ? `/${subresource}` : ''}`,
    ),
  );
  expect((await allowed(inside)).sort()).toEqual(
    granted.filter((one) => served.has(one.split(' ')[0] ?? '')),
  );
  const reviews = [
    'authentication.k8s.io/selfsubjectreviews create',
    'authorization.k8s.io/selfsubjectaccessreviews create',
    'authorization.k8s.io/selfsubjectrulesreviews create',
  ];
  expect((await allowed(outside)).filter((one) => !reviews.includes(one))).toEqual([]);
  expect((await allowed()).filter((one) => !reviews.includes(one))).toEqual([]);
});

test('A17: the release is upgraded, rolled back, uninstalled with data kept, and installed again', async () => {
  await upgrade({ replicas: 2, logLevel: 'debug' });
  expect(await replicas()).toBe(2);
  await helm(['rollback', release, '1', '--namespace', home, '--wait', '--timeout', '120s']);
  expect(await replicas()).toBe(1);
  const pod = (await get('pod', inside, `${name}-0`)).metadata.uid;
  await helm(['uninstall', release, '--namespace', home, '--wait']);
  await eventually('the operator is gone', async () => (await list('pods', home)).length === 0);
  const client = await clientOf(inside, name);
  await client.pull('app', 'v1', one);
  await client.push('app', 'v2', one);
  await upgrade();
  await kubectl(['annotate', 'registry', name, '-n', inside, `example.org/again=${Date.now()}`]);
  await waitForCondition({ kind: 'registry', namespace: inside, name }, 'Ready');
  await client.pull('app', 'v2', one);
  client.close();
  expect((await get('pod', inside, `${name}-0`)).metadata.uid, 'the pod went on').toBe(pod);
});
