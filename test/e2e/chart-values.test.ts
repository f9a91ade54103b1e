import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryPath } from '@wharfinger/embedded';
import { execute, must } from '../support/command.ts';
import { chart, ofKind, rendered } from '../support/helm.ts';
import { at, kubectl } from '../support/kubernetes.ts';
import { monitoring } from '../support/published-definitions.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const everything = {
  image: { repository: 'registry.example/operator', digest, pullPolicy: 'Always' },
  registryImage: { repository: 'registry.example/registry', tag: 'v9' },
  imagePullSecrets: [{ name: 'pull' }],
  replicas: 3,
  logLevel: 'debug',
  serviceAccount: { annotations: { 'example.org/role': 'x' } },
  podAnnotations: { 'example.org/a': 'b' },
  podLabels: { team: 'x' },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { podAntiAffinity: {} },
  priorityClassName: 'system-cluster-critical',
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '1m' },
  dashboard: { enabled: true, annotations: { folder: 'registries' } },
  prometheusRule: {
    enabled: true,
    labels: { release: 'prometheus' },
    overdueSeconds: 60,
    certificateDays: 30,
    caDays: 60,
  },
  networkPolicy: { enabled: true, metricsNamespaces: ['monitoring', 'other'] },
};

/** Under `helm upgrade --reuse-values` a chart's new defaults do not hold. */
const firstRelease = {
  crds: null,
  certManager: null,
  tenancyGuard: null,
  nodeTrust: null,
  dashboard: null,
  serviceMonitor: null,
  prometheusRule: null,
  networkPolicy: { enabled: true, metricsNamespaces: null },
};

const combinations: [string, object][] = [
  ['nothing', {}],
  ['everything', everything],
  ['everything in two namespaces', { ...everything, watchNamespaces: ['default', 'kube-system'] }],
  [
    'one namespace',
    {
      watchNamespaces: ['default'],
      podGuard: { enabled: false },
      tenancyGuard: { enabled: false },
      crds: { install: false },
    },
  ],
  ['no trust of nodes', { nodeTrust: { enabled: false } }],
  ['one replica', { replicas: 1, resources: {} }],
  ['no replicas', { replicas: 0 }],
  [
    'no policies',
    { podGuard: { enabled: false }, tenancyGuard: { enabled: false }, networkPolicy: { enabled: false } },
  ],
  ['metrics for everyone', { networkPolicy: { metricsNamespaces: ['*'] } }],
  ['monitors of the operator alone', { serviceMonitor: { enabled: true, registries: false } }],
  ['only what the first release had values for', firstRelease],
  [
    'what a later release adds to the values of the first one',
    {
      ...firstRelease,
      serviceMonitor: { enabled: true, interval: null, registries: null },
      prometheusRule: { enabled: true, overdueSeconds: null, certificateDays: null, caDays: null },
    },
  ],
  ['a subchart', { global: { imageRegistry: 'x' } }],
];

beforeAll(() => monitoring.install());
afterAll(() => monitoring.remove());

test('A17: helm lint has no complaint', async () => {
  const output = await must([binaryPath('helm'), 'lint', '--strict', chart]);
  expect(output).toContain('0 chart(s) failed');
});

test('A17: an upgrade that reuses the values of the first release closes nothing that was open, and grants what new fields need', async () => {
  const objects = await rendered(firstRelease);
  expect(JSON.stringify(ofKind(objects, 'Deployment'))).toContain(
    '{"name":"METRICS_NAMESPACES","value":"*"}',
  );
  expect(JSON.stringify(ofKind(objects, 'ClusterRole'))).toContain('cert-manager.io');
  expect(objects.filter(({ kind }) => kind === 'CustomResourceDefinition').length).toBeGreaterThan(1);
});

/** Without an owner, cluster-wide, of our own group, or guarded by a policy of their own. */
const otherwiseGuarded = [
  'persistentvolumeclaims',
  'serviceaccounts',
  'pods',
  'events',
  'garbagecollections',
  'garbagecollections/status',
  'registries/status',
  'nodetrusts',
  'nodetrusts/status',
];

test('A15: whatever the operator may write is guarded by a policy', async () => {
  const objects = await rendered({});
  const rules = objects
    .filter(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name.endsWith('wharfinger'))
    .flatMap((role) => role['rules'] as { resources: string[]; verbs: string[] }[]);
  const written = rules
    .filter(({ verbs }) => verbs.some((verb) => ['create', 'patch', 'delete'].includes(verb)))
    .flatMap(({ resources }) => resources);
  const guard = objects.find(
    ({ kind, metadata }) => kind === 'ValidatingAdmissionPolicy' && metadata.name.endsWith('-objects'),
  );
  const matched = at(guard, 'spec.matchConstraints.resourceRules') as { resources: string[] }[];
  const guarded = matched.flatMap(({ resources }) => resources);
  expect(guarded.length).toBeGreaterThan(5);
  expect(written.filter((one) => ![...guarded, ...otherwiseGuarded].includes(one))).toEqual([]);
});

describe('A17: the API server takes', () => {
  test.each(combinations)('%s', async (_name, values) => {
    const objects = await rendered(values, { name: 'other' });
    expect(objects.length).toBeGreaterThan(5);
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const options = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict'];
    const answer = await kubectl(['apply', ...options, '--field-manager=chart-test', '-f', '-'], input);
    for (const { kind, metadata } of objects) {
      expect(answer.toLowerCase(), `${kind} ${metadata.name}`).toContain(`/${metadata.name} `);
    }
  });
});

test.each([
  [{ replica: 2 }, 'replica'],
  [{ watchNamespaces: ['Not_A_Name'] }, 'watchNamespaces'],
  [{ serviceMonitor: { interval: 'often' } }, 'interval'],
  [{ networkPolicy: { metricsNamespaces: 'monitoring' } }, 'metricsNamespaces'],
  [{ prometheusRule: { certificateDays: 0 } }, 'certificateDays'],
  [{ prometheusRule: { caDays: 0 } }, 'caDays'],
])('A17: %j is refused by the schema of the values', async (values, field) => {
  const command = [binaryPath('helm'), 'template', 'x', chart, '--values', '-'];
  const { status, stderr } = await execute(command, { input: JSON.stringify(values) });
  expect(status).not.toBe(0);
  expect(stderr).toContain(field);
});

test('A17: every default value is in the schema, and the definitions outlive the release', async () => {
  const defaults = await must([binaryPath('helm'), 'show', 'values', chart]);
  const schema = JSON.parse(await must(['cat', `${chart}/values.schema.json`])) as {
    properties: Record<string, unknown>;
  };
  const names = [...defaults.matchAll(/^([a-zA-Z]+):/gm)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !(name in schema.properties))).toEqual([]);
  const definitions = (await rendered({})).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(definitions.length).toBeGreaterThan(1);
  for (const { metadata } of definitions)
    expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
});
