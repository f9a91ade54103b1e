import { connectCluster, restartKubelet } from '@wharfinger/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  list,
  waitForCondition,
} from '../support/kubernetes.ts';
import { RegistryClient } from '../support/registry-client.ts';
import { accessOf, createRegistry } from '../support/registries.ts';
import { pulling } from '../support/traffic.ts';

const namespace = 'e2e-resilience';
const name = 'tough';
const one = image([randomLayer(), randomLayer(500_000)]);

beforeAll(async () => {
  await createNamespace(namespace);
  const client = new RegistryClient(await createRegistry({ namespace, name }));
  await client.push('app', 'v1', one);
  client.close();
});
afterAll(() => deleteNamespace(namespace));

/** What must never change by itself, and an image that must still pull and be pushed. */
async function same(run: () => Promise<void>): Promise<void> {
  const before = await accessOf(namespace, name);
  await run();
  const client = new RegistryClient(await accessOf(namespace, name));
  expect(client.access).toEqual(before);
  await eventually('the image pulls', async () => {
    await client.pull('app', 'v1', one);
    return true;
  });
  await client.push('app', 'v1', one);
  client.close();
}

test('the registry pod is deleted: it comes back with data, CA and passwords', async () => {
  await same(async () => {
    const { uid } = (await get('pod', namespace, `${name}-0`)).metadata;
    await kubectl(['delete', 'pod', `${name}-0`, '-n', namespace, '--wait=false']);
    await eventually(
      'another Ready pod',
      async () => {
        const pod = await get('pod', namespace, `${name}-0`);
        const ready = at(pod, 'status.containerStatuses[0].ready') === true;
        return pod.metadata.uid !== uid && ready;
      },
      { timeoutMs: 90_000 },
    );
    await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
  });
});

test('the node’s kubelet is restarted: the registry serves throughout', async () => {
  await same(async () => {
    const client = new RegistryClient(await accessOf(namespace, name));
    const pulls = pulling(client, 'app', 'v1', one);
    await restartKubelet(await connectCluster());
    await eventually('the node is Ready', async () => {
      const nodes = await list('nodes', '');
      const conditions = at(nodes[0], 'status.conditions') as { type: string; status: string }[];
      return conditions.some((one) => one.type === 'Ready' && one.status === 'True');
    });
    await waitForCondition({ kind: 'registry', namespace, name }, 'Ready');
    const { failures, operations } = await pulls.stop();
    client.close();
    expect(failures).toEqual([]);
    expect(operations).toBeGreaterThan(5);
  });
});

test('A15: the leading operator is killed: the other one takes over within 20 s', async () => {
  const lease = async (): Promise<string> => {
    const leases = await list('leases', 'wharfinger-system');
    return String(at(leases[0], 'spec.holderIdentity'));
  };
  const holder = await lease();
  const pods = await list('pods', 'wharfinger-system');
  const leader = pods.find((pod) => holder.startsWith(pod.metadata.name));
  expect(leader, `no pod for the lease holder ${holder}`).toBeDefined();
  const began = Date.now();
  const doomed = leader?.metadata.name ?? '';
  await kubectl(['delete', 'pod', doomed, '-n', 'wharfinger-system', '--grace-period=0', '--force']);
  await eventually('another leader', async () => (await lease()) !== holder && (await lease()) !== '');
  const seconds = (Date.now() - began) / 1000;
  console.info(`fail-over: ${seconds.toFixed(1)} s`);
  expect(seconds).toBeLessThan(20);
  await createRegistry({ namespace, name: 'after-failover' });
});
