import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSignedFor } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { forwardProxy } from '../support/forward-proxy.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { nodeAddress } from '../support/machine.ts';
import { createRegistry, registryObject } from '../support/registries.ts';

const namespace = 'e2e-template';
const name = 'shaped';
const shaped = { kind: 'registry', namespace, name };
const storage = { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } };

beforeAll(async () => {
  await createNamespace(namespace);
  await createRegistry({ namespace, name, spec: { storage } });
});
afterAll(() => deleteNamespace(namespace));

function change(spec: Record<string, unknown>): Promise<string> {
  return apply(registryObject({ namespace, name, spec: { storage, ...spec } }));
}

async function stalledWith(text: string): Promise<string> {
  return eventually(
    text,
    async () => {
      const { message = '' } = condition(await waitForCondition(shaped, 'Stalled'), 'Stalled') ?? {};
      if (!message.includes(text)) throw new Error(message);
      return message;
    },
    { timeoutMs: 60_000 },
  );
}

const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

test('A22: sidecars, volumes, labels and the like come by the overlay; what would break the registry is refused', async () => {
  await change({
    podTemplate: {
      metadata: { labels: { 'app.kubernetes.io/instance': 'mine' } },
      spec: {
        volumes: [{ name: 'data', emptyDir: {} }],
        containers: [{ name: 'registry', command: ['sh'], ports: [{ containerPort: 1 }] }],
      },
    },
  });
  const message = await stalledWith('spec.podTemplate.spec.containers[registry].command');
  expect(message).toContain('spec.podTemplate.metadata.labels: app.kubernetes.io/instance');
  expect(message).toContain('spec.podTemplate.spec.volumes[data]');
  expect(message).toContain('spec.podTemplate.spec.containers[registry].ports');

  const { image } = (await get('registry', namespace, name))['status'] as { image: string };
  await apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'notes' },
    data: { note: 'hello' },
  });
  const script =
    "require('fs').accessSync('/notes/note'); setInterval(() => {}, 1e6); process.on('SIGTERM', () => process.exit())";
  const mount = { name: 'notes', mountPath: '/notes' };
  const side = { name: 'side', image, command: ['node', '-e', script] };
  await change({
    podTemplate: {
      metadata: { labels: { team: 'a' }, annotations: { 'example.com/scrape': 'yes' } },
      spec: {
        volumes: [{ name: 'notes', configMap: { name: 'notes' } }],
        containers: [
          { name: 'registry', volumeMounts: [mount], securityContext: { runAsUser: 65532 } },
          { ...side, volumeMounts: [mount], securityContext: restricted },
        ],
        hostAliases: [{ ip: '192.0.2.1', hostnames: ['elsewhere'] }],
        imagePullSecrets: [{ name: 'none-yet' }],
      },
    },
  });
  await waitForCondition(shaped, 'Ready', 'True', 90_000);
  const pod = await get('pod', namespace, `${name}-0`);
  expect(at(pod, 'metadata.labels')).toMatchObject({ team: 'a', 'app.kubernetes.io/instance': name });
  expect(pod.metadata.annotations).toMatchObject({ 'example.com/scrape': 'yes' });
  const statuses = at(pod, 'status.containerStatuses') as { name: string; ready: boolean }[];
  expect(statuses.map(({ name, ready }) => [name, ready])).toEqual(
    expect.arrayContaining([
      ['registry', true],
      ['side', true],
    ]) as unknown,
  );
  expect(at(pod, 'spec.hostAliases[0].ip')).toBe('192.0.2.1');

  await change({
    podTemplate: {
      spec: { containers: [{ ...side, image: '127.0.0.1:1/side:1', securityContext: restricted }] },
    },
  });
  await stalledWith('image 127.0.0.1:1/side:1 of container side cannot be pulled');
  expect((await get('pod', namespace, `${name}-0`)).metadata.uid).toBe(pod.metadata.uid);
  await change({ podTemplate: { spec: { volumes: [{ name: 'odd', nonsense: {} }] } } });
  await stalledWith('the API server refused');
  const podTemplate = { spec: { containers: [{ ...side, nonsense: 1 }] } };
  await apply(registryObject({ namespace, name: 'odd', spec: { podTemplate } }));
  const odd = await waitForCondition({ kind: 'registry', namespace, name: 'odd' }, 'Stalled');
  expect(condition(odd, 'Stalled')?.message).toContain('nonsense');
  expect((await get('pod', namespace, `${name}-0`)).metadata.uid).toBe(pod.metadata.uid);
});

test('A23: a registry reaches an upstream by a proxy, with an authority of the user’s', async () => {
  const upstream = 'upstream.example.invalid';
  const certificate = await selfSignedFor(upstream);
  const heads: string[] = [];
  const server = createServer(certificate, (incoming, answer) => {
    heads.push(`${incoming.method} ${incoming.headers.host}${incoming.url}`);
    answer.end();
  });
  await new Promise<void>((listening) => server.listen(0, nodeAddress(), listening));
  const { port } = server.address() as AddressInfo;
  const proxy = await forwardProxy(nodeAddress());
  try {
    const check = { uri: `https://${upstream}:${port}/health`, interval: '1s', timeout: '1s', threshold: 1 };
    const config = { health: { http: [check] } };
    const egress = {
      httpProxy: `http://${nodeAddress()}:${proxy.port}`,
      httpsProxy: `http://${nodeAddress()}:${proxy.port}`,
    };
    await apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'authorities' },
      data: { 'ca.crt': 'none', 'right.crt': certificate.cert },
    });
    const bundle = (key: string): object => ({
      ...egress,
      caBundle: { configMapKeyRef: { name: 'authorities', key } },
    });
    await change({ config, egress: bundle('ca.crt') });
    await stalledWith('spec.egress.caBundle: the key ca.crt of authorities holds no certificate in PEM');
    await change({ config, egress });
    await stalledWith('its readiness probe fails');
    expect(proxy.requests).toContain(`CONNECT ${upstream}:${port}`);
    expect(heads).toEqual([]);
    await change({ config, egress: bundle('right.crt') });
    await waitForCondition(shaped, 'Ready', 'True', 90_000);
    await eventually('checks of the pod that serves', async () => heads.length > 5);
    expect(new Set(heads)).toEqual(new Set([`HEAD ${upstream}:${port}/health`]));
  } finally {
    proxy.close();
    server.close();
    server.closeAllConnections();
    await change({});
    await waitForCondition(shaped, 'Ready', 'True', 90_000);
  }
});

test('A22: an autoscaler scales the Registry, and nobody takes that back', async () => {
  await apply({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { namespace, name },
    spec: {
      scaleTargetRef: { apiVersion: 'wharfinger.dev/v1alpha1', kind: 'Registry', name },
      minReplicas: 2,
      maxReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
        },
      ],
    },
  });
  await eventually(
    'two replicas',
    async () => at(await get('registry', namespace, name), 'status.readyReplicas') === 2,
    { timeoutMs: 90_000 },
  );
  await kubectl(['annotate', 'registry', name, '-n', namespace, 'wharfinger.dev/reconcile-at=now']);
  await eventually('a look at everything', async () => {
    return at(await get('registry', namespace, name), 'status.lastHandledReconcileAt') === 'now';
  });
  expect(at(await get('registry', namespace, name), 'spec.replicas')).toBe(2);
  expect(at(await get('statefulset', namespace, name), 'spec.replicas')).toBe(2);
});
