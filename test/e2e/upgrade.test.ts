import { connectCluster, importImage } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { chart, helm, imageValues } from '../support/helm.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { scaleOperator } from '../support/operator-process.ts';
import { previousRelease, type PreviousRelease } from '../support/previous-release.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';
import { pulling, pushing, type Traffic } from '../support/traffic.ts';

const release = 'wharfinger';
const home = 'e2e-upgrade-operator';
const namespace = 'e2e-upgrade';
const one = image([randomLayer(), randomLayer(300_000)]);
const shared = { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } };
type Name = (typeof names)[number];
const names = ['single', 'pair', 'pinned'] as const;
/** Those whose image comes from the chart. */
const moving = ['single', 'pair'] as const;
let previous: PreviousRelease;
let values: Record<string, unknown>;
let replicasBefore: number;
const clients = new Map<Name, RegistryClient>();

/** `take`: the definitions belong to this release from now on, whoever had them. */
async function upgrade(from: string, set: object): Promise<void> {
  const all = { ...set, watchNamespaces: [namespace], replicas: 1 };
  const options = ['--take-ownership', '--wait', '--timeout', '180s', '--values', '-'];
  await helm(['upgrade', '--install', release, from, '--namespace', home, ...options], JSON.stringify(all));
}

function specOf(name: Name): Record<string, unknown> {
  if (name === 'pinned') return { image: previous.registry.reference };
  return name === 'pair' ? { replicas: 2, storage: shared } : {};
}

function imageOf(reference: string): object {
  const [repository, tag] = reference.split(':');
  return { repository, tag };
}

/** Waits until every replica of every Registry runs another image than `before`. */
async function rolledOut(before: string): Promise<void> {
  for (const name of moving) {
    await eventually(
      `${name} runs another image than ${before}`,
      async () => {
        const status = (await get('registry', namespace, name))['status'];
        return at(status, 'image') !== before;
      },
      { timeoutMs: 120_000 },
    );
    await waitForCondition({ kind: 'registry', namespace, name }, 'Ready', 'True', 180_000);
    const pods = await list('pods', namespace, `app.kubernetes.io/instance=${name}`);
    for (const pod of pods) expect(at(pod, 'spec.containers[0].image')).not.toBe(before);
  }
}

interface Seen {
  readonly pulls: Traffic;
  readonly pushes: Traffic;
}

/** What clients of each Registry see while `change` happens; nothing is ever tried again. */
async function during(change: () => Promise<void>): Promise<Record<Name, Seen>> {
  const running = names.map((name) => {
    const client = clients.get(name)!;
    return { name, pulls: pulling(client, 'app', 'v1', one), pushes: pushing(client, 'app') };
  });
  try {
    await change();
  } finally {
    // A few rounds after the end too.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const seen = await Promise.all(
    running.map(async ({ name, pulls, pushes }) => [
      name,
      { pulls: await pulls.stop(), pushes: await pushes.stop() },
    ]),
  );
  return Object.fromEntries(seen) as Record<Name, Seen>;
}

function report(what: string, seen: Record<Name, Seen>): void {
  for (const [name, { pulls, pushes }] of Object.entries(seen)) {
    const part = ({ operations, failures, slowest }: Traffic): string =>
      `${failures.length} of ${operations} failed, slowest ${slowest.toFixed(0)} ms`;
    console.info(`${what}, ${name}: pulls ${part(pulls)}; pushes ${part(pushes)}`);
  }
}

/** Of two replicas one always serves; of one none does while its pod is replaced, which only another image is a reason for. */
function judge(seen: Record<Name, Seen>, refusals: number): void {
  const { pulls, pushes } = seen.pair;
  expect(pulls.operations).toBeGreaterThan(50);
  const failures = [...pulls.failures, ...pushes.failures];
  expect(failures.filter((failure) => !failure.includes('not connected: '))).toEqual([]);
  expect(failures.length).toBeLessThanOrEqual(refusals);
  expect([...seen.pinned.pulls.failures, ...seen.pinned.pushes.failures]).toEqual([]);
  expect(seen.single.pulls.operations - seen.single.pulls.failures.length).toBeGreaterThan(50);
}

beforeAll(async () => {
  values = await imageValues();
  const [deployment] = await list('deployments', 'wharfinger-system');
  replicasBefore = Number(at(deployment, 'spec.replicas'));
  previous = await previousRelease();
  const cluster = await connectCluster();
  for (const { archive } of [previous.operator, previous.registry]) await importImage(cluster, archive);
  await scaleOperator(0);
  await createNamespace(home);
  await createNamespace(namespace);
}, 600_000);
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await tryKubectl(['delete', 'registry', '--all', '-n', namespace, '--timeout=60s']);
  await helm(['uninstall', release, '--namespace', home, '--ignore-not-found']);
  await deleteNamespace(namespace);
  await deleteNamespace(home);
  // The definitions go back to the release that serves the other tests.
  const options = ['--reuse-values', '--take-ownership', '--wait', '--timeout', '180s'];
  await helm(['upgrade', 'wharfinger', chart, '--namespace', 'wharfinger-system', ...options]);
  await scaleOperator(replicasBefore);
  await kubectl(['explain', 'registry.spec.externalURL']);
}, 600_000);

test('A19: Registries of the first release go on through an upgrade of chart and images, and through a roll-back', async () => {
  await upgrade(previous.chart, {
    image: imageOf(previous.operator.reference),
    registryImage: imageOf(previous.registry.reference),
  });
  for (const name of names) {
    const client = new RegistryClient(await createRegistry({ namespace, name, spec: specOf(name) }));
    await client.push('app', 'v1', one);
    clients.set(name, client);
  }
  const old = previous.registry.reference;
  expect(at(await get('registry', namespace, 'pair'), 'status.image')).toBe(old);
  const pod = (await get('pod', namespace, 'pinned-0')).metadata.uid;
  const claims = await list('persistentvolumeclaims', namespace);

  const upgraded = await during(async () => {
    await upgrade(chart, values);
    await rolledOut(old);
  });
  report('upgrade', upgraded);
  // Pods of the first release stop listening before the node's rules know: a connection may be refused, and no request is lost.
  judge(upgraded, 3);
  const now = String(at(await get('registry', namespace, 'pair'), 'status.image'));
  for (const client of clients.values()) {
    await client.pull('app', 'v1', one);
    await client.push('app', 'v2', one);
  }

  const rolledBack = await during(async () => {
    await helm(['rollback', release, '1', '--namespace', home, '--wait', '--timeout', '180s']);
    await rolledOut(now);
  });
  report('roll-back', rolledBack);
  judge(rolledBack, 0);
  for (const client of clients.values()) await client.pull('app', 'v2', one);
  const kept = await list('persistentvolumeclaims', namespace);
  expect(kept.map(({ metadata }) => metadata.uid)).toEqual(claims.map(({ metadata }) => metadata.uid));
  expect((await get('pod', namespace, 'pinned-0')).metadata.uid, 'no pod restarts for the operator').toBe(
    pod,
  );
}, 900_000);
