import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { Pod, StatefulSet } from '../kube/builtin-kinds.ts';
import { findCondition } from '../kube/conditions.ts';
import type { EventFacts } from '../kube/events.ts';
import type { KubeObject } from '../kube/resource.ts';
import { createInternalAuthority, type InternalAuthority } from './internal-authority.ts';
import type { ServedRegistry } from './kind.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';
import { stuckPods } from './stuck-pods.ts';

let cluster: MemoryCluster;
let authority: InternalAuthority;
let generation = 0;

/** Without TLS and users, because their keys and hashes take long to make. */
async function reconcile(spec: object, annotations: Record<string, string> = {}, events: EventFacts[] = []) {
  generation += 1;
  const registry = exampleRegistry(
    { auth: undefined, tls: { disabled: true }, ...spec },
    { generation, resourceVersion: `spec-${generation}`, annotations },
  );
  const status = (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
  cluster.put('registries', { ...registry, status } as KubeObject);
  await reconcileOnce(cluster, { authority, events });
}

const again = (): Promise<unknown> => reconcileOnce(cluster, { authority });
const set = (): StatefulSet => cluster.get('statefulsets', 'team-a') as StatefulSet;
const trial = (): Pod | undefined => cluster.get('pods', 'team-a-trial');
const imageOf = (): string | undefined => set().spec?.template.spec?.containers[0]?.image;
const level = (one: string): object => ({ config: { log: { level: one } } });

function condition(type: string): { status?: string; reason?: string; message?: string } {
  const { status } = cluster.get('registries', 'team-a') as ServedRegistry;
  return findCondition(status?.conditions ?? [], type) ?? {};
}

function configText(name = 'team-a-config'): string {
  return (
    (cluster.get('configmaps', name) as { data?: Record<string, string> } | undefined)?.data?.[
      'config.yml'
    ] ?? ''
  );
}

function trialStatus(status: object): void {
  cluster.put('pods', { ...trial(), status } as KubeObject);
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const ended = { exitCode: 1, message: 'log\nno such file: /x' };
const crashing = {
  containerStatuses: [
    {
      name: 'registry',
      image: 'i',
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: ended },
    },
  ],
};

beforeEach(async () => {
  cluster = createMemoryCluster();
  const { client } = cluster;
  authority = createInternalAuthority({ client, operatorNamespace: 'wharfinger', now: Date.now });
  await reconcile({});
});

describe('new settings', () => {
  it('are not tried when nothing serves yet', () => {
    expect(trial()).toBeUndefined();
    expect(imageOf()).toBe('registry:1');
  });

  it('are tried in a pod beside those that serve, and reach them when it is ready', async () => {
    const former = configText();
    await reconcile(level('debug'));
    expect(condition('Reconciling')).toMatchObject({ status: 'True', reason: 'Trying' });
    expect([configText(), configText('team-a-trial')]).toEqual([former, former.replace('info', 'debug')]);
    trialStatus(ready);
    await again();
    expect(configText()).toContain('level: debug');
    expect([trial(), cluster.get('configmaps', 'team-a-trial')]).toEqual([undefined, undefined]);
    const count = cluster.writes.length;
    await again();
    expect(cluster.writes.slice(count)).toEqual([]);
  });

  it('that do not start are told with the reason, once, and change nothing', async () => {
    const before = set();
    const former = configText();
    await reconcile({ image: 'registry:2' });
    trialStatus(crashing);
    const events: EventFacts[] = [];
    await reconcileOnce(cluster, { authority, events });
    expect(condition('Stalled')).toMatchObject({ status: 'True', reason: 'RolloutBlocked' });
    expect((cluster.get('registries', 'team-a') as ServedRegistry).status?.image).toBe('registry:1');
    expect(condition('Ready').message).toContain('container registry ends with status 1: no such file: /x');
    expect(events).toMatchObject([{ type: 'Warning', reason: 'RolloutBlocked' }]);
    // The kubelet tries again.
    trialStatus({
      containerStatuses: [
        { name: 'registry', image: 'i', state: { running: {} }, lastState: { terminated: ended } },
      ],
    });
    const count = cluster.writes.length;
    await again();
    expect(cluster.writes.slice(count)).toEqual([]);
    expect(set()).toEqual(before);
    expect(configText()).toBe(former);
  });

  it('that are taken back leave nothing behind and restart nothing', async () => {
    const before = set();
    await reconcile({ image: 'registry:2' });
    trialStatus(crashing);
    await again();
    await reconcile({});
    expect([trial(), set()]).toEqual([undefined, before]);
    expect(condition('Stalled').status).toBe('False');
  });

  it('that do without a Secret of ours leave it as long as pods mount it', async () => {
    await reconcile({
      auth: { htpasswd: { users: [{ name: 'ci' }] } },
      tls: { selfSigned: { keyAlgorithm: 'ECDSA' } },
    });
    trialStatus(ready);
    await again();
    const mounted = (): unknown[] =>
      ['team-a-htpasswd', 'team-a-tls'].map((name) => cluster.get('secrets', name)?.metadata.name);
    expect(mounted()).toEqual(['team-a-htpasswd', 'team-a-tls']);
    await reconcile({ auth: undefined, tls: { disabled: true } });
    trialStatus(crashing);
    await again();
    expect(mounted()).toEqual(['team-a-htpasswd', 'team-a-tls']);
    trialStatus(ready);
    await again();
    // A pod that the rollout has not come to would be made of the former template.
    await again();
    expect(mounted()).toEqual(['team-a-htpasswd', 'team-a-tls']);
    const { generation } = set().metadata;
    const status = { replicas: 1, currentRevision: 'b', updateRevision: 'b', observedGeneration: generation };
    cluster.put('statefulsets', { ...set(), status } as KubeObject);
    await again();
    expect(mounted()).toEqual([undefined, undefined]);
  });

  it('that change again are tried anew, and so is what the user asks to be tried again', async () => {
    await reconcile({ image: 'registry:2' });
    const first = trial()?.metadata.uid;
    await reconcile({ image: 'registry:3' });
    await again();
    const second = trial();
    expect(second?.metadata.uid).not.toBe(first);
    expect(second?.spec?.containers[0]?.image).toBe('registry:3');
    trialStatus(crashing);
    await reconcile({ image: 'registry:3' }, { 'wharfinger.dev/reconcile-at': 'now' });
    await again();
    expect(trial()?.metadata.uid).not.toBe(second?.metadata.uid);
    expect((cluster.get('registries', 'team-a') as ServedRegistry).status?.lastHandledReconcileAt).toBe(
      'now',
    );
  });

  it('that do not start do not keep the others from being scaled', async () => {
    await reconcile({ image: 'registry:2', replicas: 0 });
    expect([trial(), set().spec?.replicas, imageOf()]).toEqual([undefined, 0, 'registry:2']);
    await reconcile({ image: 'registry:2' });
    await reconcile({ image: 'registry:3' });
    trialStatus(crashing);
    const storage = { filesystem: { volume: { size: '5Gi', accessModes: ['ReadWriteMany'] } } };
    await reconcile({ image: 'registry:3', replicas: 2, storage });
    expect([set().spec?.replicas, imageOf()]).toEqual([2, 'registry:2']);
  });
});

describe('the trial', () => {
  it('gets no requests, touches no store, and needs no room of its own', async () => {
    await reconcile({
      image: 'registry:2',
      affinity: { podAntiAffinity: { x: 1 }, nodeAffinity: { y: 1 } },
    });
    const { metadata, spec } = trial() as Pod;
    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'registry-trial' });
    const volume = (name: string): object | undefined => spec?.volumes?.find((one) => one.name === name);
    expect(volume('data')).toEqual({ name: 'data', emptyDir: {} });
    expect(volume('config')).toMatchObject({ configMap: { name: 'team-a-trial' } });
    expect(spec?.containers[0]?.resources).toEqual({
      requests: { cpu: '1m', memory: '1Mi' },
      limits: { memory: '512Mi' },
    });
    expect(spec?.affinity).toEqual({ nodeAffinity: { y: 1 } });
    expect(spec?.topologySpreadConstraints).toBeUndefined();
  });

  it('asks for room when the size changes, and waits for checks of the user’s', async () => {
    const resources = { requests: { memory: '1Gi' } };
    const health = { tcp: [{ addr: 'a:1', interval: '7s', threshold: 2 }] };
    await reconcile({ resources, config: { health } });
    const container = trial()?.spec?.containers[0];
    expect(container?.resources).toEqual({ requests: { memory: '1Gi' } });
    expect(container?.readinessProbe).toMatchObject({
      httpGet: { path: '/debug/health' },
      initialDelaySeconds: 14,
    });
  });
});

describe('wrong settings', () => {
  it('are told all at once, and the pods and their status stay', async () => {
    const before = set();
    const status = { replicas: 1, readyReplicas: 1 };
    cluster.put('statefulsets', { ...before, status } as KubeObject);
    const podTemplate = { metadata: { labels: { 'app.kubernetes.io/name': 'x' } } };
    await reconcile({ config: { http: { adr: 1 } }, podTemplate });
    const { reason, message } = condition('Stalled');
    expect(reason).toBe('InvalidConfig');
    expect(message).toMatch(/http\.adr: unknown key.*labels: app\.kubernetes\.io\/name/s);
    expect(set()).toEqual({ ...before, status });
    expect((cluster.get('registries', 'team-a') as ServedRegistry).status).toMatchObject(status);
  });

  it.each<[object, string, RegExp]>([
    [
      { secretKeyRef: { name: 's', key: 'k' } },
      'SecretMissing',
      /spec.env\[X\]: Secret s does not exist; create it with the key k/,
    ],
    [{ configMapKeyRef: { name: 'team-a-ca', key: 'k' } }, 'ConfigMapMissing', /ConfigMap team-a-ca/],
  ])('in what is referred to are told: %j', async (valueFrom, reason, message) => {
    await reconcile({ env: [{ name: 'X', valueFrom }] });
    expect(condition('Stalled')).toMatchObject({ reason, message: expect.stringMatching(message) as string });
  });
});

describe('the environment', () => {
  const value = (text: string): void =>
    cluster.put('secrets', {
      metadata: { name: 's', namespace: 'team', uid: 's' },
      data: { k: Buffer.from(text).toString('base64') },
    } as KubeObject);

  it('rolls out when a Secret that it refers to changes, and shows nothing of it', async () => {
    value('info');
    const env = [{ name: 'REGISTRY_LOG_LEVEL', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    await reconcile({ env });
    const first = trial();
    trialStatus(ready);
    await again();
    value('debug');
    await reconcile({ env });
    const annotation = 'wharfinger.dev/environment';
    expect(trial()?.metadata.annotations?.[annotation]).toMatch(/^[0-9a-f]{16}$/);
    expect(trial()?.metadata.annotations?.[annotation]).not.toBe(first?.metadata.annotations?.[annotation]);
  });

  it('is taken as it is written', async () => {
    await reconcile({ env: [{ name: 'X', value: '$(POD_NAME) $$' }] });
    expect(trial()?.spec?.containers[0]?.env).toContainEqual({ name: 'X', value: '$$(POD_NAME) $$$$' });
  });

  it('tells Node of proxies and authorities only when there are some', async () => {
    const names = (): (string | undefined)[] =>
      (trial()?.spec?.containers[0]?.env ?? []).map(({ name }) => name);
    await reconcile({ egress: { noProxy: ['a'], httpsProxy: 'http://p:1' } });
    expect(names()).toEqual([
      'POD_NAME',
      'REGISTRY_HTTP_SECRET',
      'HTTPS_PROXY',
      'NO_PROXY',
      'NODE_USE_ENV_PROXY',
    ]);
  });
});

describe('suspend', () => {
  it('writes nothing but the status until it is taken back', async () => {
    cluster.put('statefulsets', { ...set(), status: { replicas: 1, readyReplicas: 1 } } as KubeObject);
    const count = cluster.writes.length;
    await reconcile({ suspend: true, image: 'registry:2', readOnly: true });
    await again();
    expect(cluster.writes.slice(count)).toEqual(['status registries/team-a']);
    expect(condition('Suspended')).toMatchObject({ status: 'True' });
    expect(condition('Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(condition('Stalled').status).toBe('False');
    await reconcile({ image: 'registry:2' });
    expect(condition('Suspended').status).toBe('False');
    expect(trial()).toBeDefined();
  });
});

describe('a stuck pod', () => {
  const status = { observedGeneration: 2, updateRevision: 'new' } as StatefulSet['status'];
  const metadata = { name: 'a', generation: 2 };
  const pod = (revision: string, podStatus: object): Pod => ({
    metadata: { name: revision, labels: { 'controller-revision-hash': revision } },
    status: podStatus,
  });

  it('is one of a former template that cannot become ready', () => {
    const pods = [pod('old', crashing), pod('new', crashing), pod('older', ready), pod('oldest', {})];
    expect(stuckPods({ metadata, status }, pods)).toEqual([pods[0]]);
    expect(stuckPods({ metadata: { ...metadata, generation: 3 }, status }, pods)).toEqual([]);
  });
});
