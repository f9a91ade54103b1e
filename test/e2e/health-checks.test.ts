import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { argoSettings, healthOf } from '../support/gitops-health.ts';
import {
  apply,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  type KubeObject,
  waitForCondition,
} from '../support/kubernetes.ts';
import { registryObject } from '../support/registries.ts';

const namespace = 'e2e-health-checks';
const name = 'judged';
const registry = { kind: 'registry', namespace, name };

/** The Registry as the API server answers the apply, before the operator has seen it. */
async function applied(spec: Record<string, unknown> = {}): Promise<KubeObject> {
  const object = registryObject({ namespace, name, spec });
  return JSON.parse(await kubectl(['apply', '-o', 'json', '-f', '-'], JSON.stringify(object))) as KubeObject;
}

async function collection(run: string, more: object = {}): Promise<void> {
  await apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    spec: { registryRef: { name }, ...more },
  });
}

beforeAll(async () => void (await createNamespace(namespace)));
afterAll(() => deleteNamespace(namespace));

test('A18: kstatus and the health check for Argo CD see each state of a Registry for what it is', async () => {
  const created = await applied();
  // The operator gives it conditions before it does anything else.
  const seen = await waitForCondition(registry, 'Reconciling');
  const ready = await waitForCondition(registry, 'Ready');
  const changed = await applied({ readOnly: true });
  const again = await waitForCondition(registry, 'Ready');
  await applied({ tls: { secretName: 'missing' } });
  const stalled = await waitForCondition(registry, 'Stalled');
  await applied({ replicas: 0 });
  const empty = await eventually('no replicas', async () => {
    const found = await get('registry', namespace, name);
    return JSON.stringify(found['status']).includes('"NoReplicas"') ? found : undefined;
  });
  const [first, begun, serving, outdated, frozen, broken, none] = await healthOf(
    created,
    seen,
    ready,
    changed,
    again,
    stalled,
    empty,
  );
  // kstatus takes what has no status yet for good: the one moment that no operator can mend, milliseconds long.
  expect(first).toMatchObject({ kstatus: 'Current', health: 'Progressing' });
  expect(begun).toMatchObject({ kstatus: 'InProgress', health: 'Progressing' });
  expect(serving).toMatchObject({ kstatus: 'Current', health: 'Healthy' });
  expect(serving?.healthMessage).toContain('1 of 1 replicas serve');
  expect(outdated).toMatchObject({ kstatus: 'InProgress', health: 'Progressing' });
  expect(frozen).toMatchObject({ kstatus: 'Current', health: 'Healthy' });
  expect(broken).toMatchObject({ kstatus: 'Failed', health: 'Degraded' });
  expect(broken?.healthMessage).toContain('Secret missing does not exist');
  expect(broken?.kstatusMessage).toContain('Secret missing does not exist');
  expect(none).toMatchObject({ kstatus: 'InProgress', health: 'Suspended' });
});

test('A18: and each state of a GarbageCollection', async () => {
  await applied();
  await waitForCondition(registry, 'Ready');
  await collection('good');
  const queued = await get('garbagecollections', namespace, 'good');
  const good = await waitForCondition({ kind: 'garbagecollections', namespace, name: 'good' }, 'Succeeded');
  await collection('bad', { restoreFrom: 'no-such-run' });
  const bad = await waitForCondition({ kind: 'garbagecollections', namespace, name: 'bad' }, 'Stalled');
  const [waits, succeeded, failed] = await healthOf(queued, good, bad);
  expect(waits?.health).toBe('Progressing');
  expect(succeeded).toMatchObject({ kstatus: 'Current', health: 'Healthy' });
  expect(failed).toMatchObject({ kstatus: 'Failed', health: 'Degraded' });
});

test('A18: one that is being deleted is on its way', async () => {
  const patch = (finalizers: string[]): string => JSON.stringify({ metadata: { finalizers } });
  const target = ['registry', name, '-n', namespace];
  await kubectl(['patch', ...target, '--type=merge', '-p', patch(['example.com/wait'])]);
  await kubectl(['delete', ...target, '--wait=false']);
  const leaving = await get('registry', namespace, name);
  await kubectl(['patch', ...target, '--type=merge', '-p', patch([])]);
  const [going] = await healthOf(leaving);
  expect(going).toMatchObject({ kstatus: 'Terminating', health: 'Progressing' });
});

test('A18: the health checks are merged into the settings of Argo CD as their file says', async () => {
  const argo = 'argocd';
  await createNamespace(argo);
  const metadata = { name: 'argocd-cm', namespace: argo };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'admin.enabled': 'true' } });
  await kubectl(['patch', 'configmap', 'argocd-cm', '-n', argo, '--patch-file', argoSettings]);
  const merged = (await get('configmap', argo, 'argocd-cm'))['data'] as Record<string, string>;
  await deleteNamespace(argo);
  expect(Object.keys(merged).sort()).toEqual([
    'admin.enabled',
    'resource.customizations.health.wharfinger.dev_GarbageCollection',
    'resource.customizations.health.wharfinger.dev_Registry',
  ]);
});
