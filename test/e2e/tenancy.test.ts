import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { permissionsIn, type Rule } from '../support/audit.ts';
import type { CommandResult } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { patchAs } from '../support/impersonation.ts';
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
} from '../support/kubernetes.ts';
import { registryObject } from '../support/registries.ts';

const team = 'e2e-tenant-one';
const other = 'e2e-tenant-two';
const open = 'e2e-tenant-open';
const account = 'system:serviceaccount:wharfinger-system:wharfinger';

beforeAll(async () => {
  for (const namespace of [team, other, open]) await createNamespace(namespace);
  await kubectl(['label', 'namespace', open, `accept-from.wharfinger.dev/${team}=true`]);
  for (const namespace of [other, open])
    await eventually(
      'the ServiceAccount',
      async () => (await get('serviceaccount', namespace, 'default')) && true,
    );
});
afterAll(async () => {
  for (const namespace of [team, other, open]) await deleteNamespace(namespace);
});

/** A Registry without pods, which nobody needs here. */
function named(namespace: string, name: string, spec: object): object {
  return registryObject({ namespace, name, spec: { replicas: 0, service: {}, ...spec } });
}

async function stalled(namespace: string, name: string): Promise<string | undefined> {
  const { status, message } = condition(await get('registry', namespace, name), 'Stalled') ?? {};
  return status === 'True' ? message : undefined;
}

test('one Registry for each host and port: a later one makes nothing, learns nothing, and takes over when the name is free', async () => {
  const hostname = 'images.tenants.example';
  await apply(named(team, 'first', { hostname }));
  const first = { kind: 'registry', namespace: team, name: 'first' };
  await waitForCondition(first, 'Reconciling', 'False');
  await apply(named(other, 'second', { hostname }));
  const told = await eventually('the second is stalled', () => stalled(other, 'second'));
  expect(told).toContain(`${hostname}:443`);
  expect(told).not.toMatch(/first|e2e-tenant-one/);
  const made = await kubectl(['get', 'statefulsets,services,secrets,configmaps', '-n', other, '-o', 'name']);
  expect(made).not.toContain('second');
  // Another port is another registry; an older one does not take a name by an edit.
  await apply(named(other, 'third', { hostname, service: { port: 8443 } }));
  await waitForCondition({ kind: 'registry', namespace: other, name: 'third' }, 'Stalled', 'False');
  await apply(named(team, 'first', { hostname: 'elsewhere.tenants.example' }));
  await waitForCondition({ kind: 'registry', namespace: other, name: 'second' }, 'Stalled', 'False');
  await apply(named(team, 'first', { hostname }));
  await eventually('the first is stalled now', () => stalled(team, 'first'));
  expect(await stalled(other, 'second')).toBeUndefined();
  await kubectl(['delete', 'registry', 'second', '-n', other]);
  await waitForCondition(first, 'Stalled', 'False');
  expect(at(await get('registry', team, 'first'), 'status.url')).toBe(`https://${hostname}`);
});

async function asOperator(args: readonly string[], object?: object): Promise<CommandResult> {
  return tryKubectl([...args, `--as=${account}`], object && JSON.stringify(object));
}

const marks = {
  'app.kubernetes.io/managed-by': 'wharfinger',
  'app.kubernetes.io/instance': 'first',
  'wharfinger.dev/shared-from': team,
};
const config = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };

function given(kind: 'Secret' | 'ConfigMap', namespace: string, more: object = {}): object {
  const metadata = { namespace, name: 'given', labels: marks };
  const content = kind === 'Secret' ? { type: 'kubernetes.io/dockerconfigjson', data: config } : {};
  return { apiVersion: 'v1', kind, metadata, ...content, ...more };
}

test('A15: what the operator writes must be a Registry’s own, or given to a namespace that consents', async () => {
  const create = (object: object): Promise<CommandResult> => asOperator(['create', '-f', '-'], object);
  const plain = { metadata: { namespace: open, name: 'plain' } };
  const refused: [object, RegExp][] = [
    [given('Secret', other), /does not consent/],
    [given('ConfigMap', other), /does not consent/],
    [given('Secret', open, plain), /must belong to a Registry/],
    [given('ConfigMap', open, plain), /must belong to a Registry/],
    [given('Secret', open, { type: 'Opaque' }), /pull secrets/],
    [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: open, name: 'given', labels: marks },
        spec: { ports: [{ port: 1 }] },
      },
      /must belong/,
    ],
    [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { namespace: open, name: 'given', labels: marks },
        spec: { defaultBackend: { service: { name: 'theirs', port: { number: 443 } } } },
      },
      /must belong/,
    ],
  ];
  for (const [object, reason] of refused) {
    const { status, stderr } = await create(object);
    expect(status, JSON.stringify(object)).not.toBe(0);
    expect(stderr).toMatch(reason);
  }
  // Its own CA is the one thing besides; there is one already.
  const authority = { namespace: 'wharfinger-system', name: 'wharfinger-internal-ca' };
  expect((await create(given('Secret', open, { metadata: authority }))).stderr).toMatch(/already exists/);
  for (const kind of ['Secret', 'ConfigMap'] as const) {
    const { status, stderr } = await create(given(kind, open));
    expect(status, stderr).toBe(0);
    // No Registry gives it, so the operator may take it away, and does.
    await eventually(
      'removal',
      async () => (await tryKubectl(['get', kind, 'given', '-n', open])).status !== 0,
    );
  }
});

test('A15: the operator cannot change or delete what is somebody else’s', async () => {
  for (const [namespace, kind] of [
    [open, 'secret'],
    [open, 'configmap'],
    [other, 'secret'],
  ] as const) {
    const generic = kind === 'secret' ? ['generic'] : [];
    await kubectl(['create', kind, ...generic, 'theirs', '-n', namespace, '--from-literal=a=b']);
    const label = await asOperator([
      'patch',
      kind,
      'theirs',
      '-n',
      namespace,
      '-p',
      JSON.stringify({ metadata: { labels: marks } }),
    ]);
    expect(label.stderr).toMatch(/only what it made/);
    const gone = await asOperator(['delete', kind, 'theirs', '-n', namespace]);
    expect(gone.stderr).toMatch(/only what it made/);
    expect((await get(kind, namespace, 'theirs')).metadata.name).toBe('theirs');
  }
});

test('A15: of a service account the operator can change its own entries of imagePullSecrets alone', async () => {
  const note = 'wharfinger.dev/pull-secrets';
  const patch = async (namespace: string, change: object): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    const { status, message } = await patchAs(account, path, change);
    return status === 200 ? '' : message;
  };
  const listOf = (...names: string[]): object => ({ imagePullSecrets: names.map((name) => ({ name })) });
  const noted = (text: string | null): object => ({ metadata: { annotations: { [note]: text } } });
  await kubectl([
    'patch',
    'serviceaccount',
    'default',
    '-n',
    open,
    '--type=merge',
    '-p',
    JSON.stringify(listOf('theirs')),
  ]);

  const attach = { ...listOf('theirs', 'a'), ...noted(`${team}/first=a`) };
  const refused: [string, object, RegExp][] = [
    [open, { metadata: { labels: { a: 'b' } } }, /may not change the labels/],
    [open, { metadata: { annotations: { a: 'b' } } }, /annotations/],
    [open, { metadata: { finalizers: ['a.example/b'] } }, /finalizers/],
    [open, { automountServiceAccountToken: false }, /token/],
    [open, { secrets: [{ name: 'x' }] }, /may not change the secrets/],
    [open, listOf(), /remove only what it put there/],
    [open, listOf('theirs', 'a'), /must note/],
    [open, { ...listOf('theirs'), ...noted(`${team}/first=theirs`) }, /may not note as its own/],
    [open, { ...listOf(), ...noted(`${team}/first=theirs`) }, /remove only what it put there/],
    [open, { ...listOf('theirs', 'a'), ...noted(`${other}/third=a`) }, /does not consent/],
    [other, { ...listOf('a'), ...noted(`${team}/first=a`) }, /does not consent/],
  ];
  for (const [namespace, change, reason] of refused)
    expect(await patch(namespace, change), JSON.stringify(change)).toMatch(reason);
  expect(await patch(open, attach)).toBe('');
  expect(await patch(open, { ...listOf('theirs'), ...noted(null) })).toBe('');
  expect(await patch(other, { ...listOf('a'), ...noted(`${other}/third=a`) })).toBe('');
});

test('A15: the operator has none of the rights that it does not need', async () => {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: other },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const answer: unknown = JSON.parse((await asOperator(['create', '--raw', path, '-f', '-'], review)).stdout);
  const granted = permissionsIn(at(answer, 'status.resourceRules') as Rule[]);
  const verbs = (what: string): string[] =>
    granted.flatMap((permission) =>
      permission.startsWith(`${what} `) ? [permission.slice(what.length + 1)] : [],
    );
  const needed: Record<string, string[]> = {
    '/namespaces': ['list', 'watch'],
    '/serviceaccounts': ['list', 'watch', 'patch'],
    '/serviceaccounts/token': [],
    '/pods': ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    '/pods/exec': [],
    '/nodes': [],
    'networking.k8s.io/ingresses': ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    'gateway.networking.k8s.io/gateways': [],
    'rbac.authorization.k8s.io/clusterroles': [],
    'rbac.authorization.k8s.io/rolebindings': [],
    'admissionregistration.k8s.io/validatingadmissionpolicies': [],
    'wharfinger.dev/registries': ['list', 'watch'],
  };
  for (const [what, wanted] of Object.entries(needed)) expect([what, verbs(what)]).toEqual([what, wanted]);
  expect(granted.filter((permission) => permission.includes('*'))).toEqual([]);
  for (const args of [
    ['get', 'nodes'],
    ['get', 'namespace', other],
    ['label', 'namespace', other, `accept-from.wharfinger.dev/${team}=true`],
    ['create', 'serviceaccount', 'more', '-n', other],
    ['delete', 'serviceaccount', 'default', '-n', other],
    ['create', 'token', 'default', '-n', other],
    ['delete', 'registry', 'any', '-n', other],
  ])
    expect((await asOperator(args)).stderr, args.join(' ')).toMatch(/forbidden/i);
});

test('A7, A4: the example gives what it says', async () => {
  const example = parseAllDocuments(readFileSync('examples/pull-secrets.yaml', 'utf8'));
  const objects = example.map((document) => document.toJS() as { kind: string; spec: object });
  try {
    await createNamespace('team-a');
    // Nobody pulls here, so no pod is needed.
    const withoutPods = objects.map((one) =>
      one.kind === 'Registry' ? { ...one, spec: { ...one.spec, replicas: 0 } } : one,
    );
    await apply(...withoutPods);
    await waitForCondition({ kind: 'registry', namespace: 'team-a', name: 'images' }, 'Shared');
    for (const namespace of ['team-a', 'shop'])
      expect(at(await get('secret', namespace, 'images-pull'), 'type')).toBe(
        'kubernetes.io/dockerconfigjson',
      );
    expect(at(await get('configmap', 'shop', 'images-ca'), 'data')).toHaveProperty(['ca.crt']);
    expect(JSON.stringify(await get('serviceaccount', 'shop', 'default'))).toContain('images-pull');
  } finally {
    for (const namespace of ['shop', 'team-a']) await deleteNamespace(namespace);
  }
});

test.each([
  [
    'a user who is none',
    { pullSecrets: [{ name: 'p', user: 'nobody' }] },
    /pullSecrets names a user that is not in/,
  ],
  [
    'a user whose password nobody knows',
    { auth: { htpasswd: { secretName: 'given' } }, pullSecrets: [{ name: 'p', user: 'ci' }] },
    /pullSecrets names a user that is not in/,
  ],
  ['no namespace at all', { caBundle: { namespaces: {} } }, /set names, selector or both/],
  ['no name of a namespace', { caBundle: { namespaces: { names: ['No'] } } }, /not the name of a namespace/],
  [
    'values without an operator for them',
    {
      caBundle: {
        namespaces: { selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      },
    },
    /values go with In and NotIn/,
  ],
  [
    'a CA where there is none',
    { tls: { disabled: true }, caBundle: { namespaces: { names: ['any'] } } },
    /caBundle has nothing to give when tls is disabled/,
  ],
  [
    'a rotation of a password that the user keeps',
    { auth: { htpasswd: { users: [{ name: 'ci', rotation: 'a', passwordSecretRef: { name: 'own' } }] } } },
    /rotation generates passwords/,
  ],
  [
    'an overlap of passwords that the user keeps',
    { auth: { htpasswd: { secretName: 'given', passwordOverlap: '1h' } } },
    /passwordOverlap goes with users/,
  ],
])('A7, A6: the API server refuses %s', async (_, spec, sentence) => {
  const { status, stderr } = await tryKubectl(
    ['create', '--dry-run=server', '-f', '-'],
    JSON.stringify(registryObject({ namespace: team, name: 'bad', spec })),
  );
  expect(status).not.toBe(0);
  expect(stderr).toMatch(sentence);
});
