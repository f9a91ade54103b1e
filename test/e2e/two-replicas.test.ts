import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer } from '../support/image.ts';
import {
  apply,
  at,
  createNamespace,
  deleteNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { processesOfPod } from '../support/processes.ts';
import { expectStatus, RegistryClient } from '../support/registry-client.ts';
import { createRegistry } from '../support/registries.ts';
import { blobsIn, volumePath } from '../support/volumes.ts';

const namespace = 'e2e-replicas';
const name = 'pair';
const spec = {
  replicas: 2,
  storage: { filesystem: { volume: { size: '1Gi', accessModes: ['ReadWriteMany'] } } },
};

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

function collection(run: string): object {
  return {
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    spec: { registryRef: { name }, deleteUntagged: true },
  };
}

test('B39: two replicas share one store, and a collection waits for both', async () => {
  const client = new RegistryClient(await createRegistry({ namespace, name, spec }));
  const doomed = image([randomLayer()]);
  await client.push('app', 'x', doomed);
  expectStatus(await client.call('DELETE', `/v2/app/manifests/${doomed.manifest.digest}`), 202);
  await apply(collection('both'));
  const done = await waitForCondition({ kind: 'garbagecollections', namespace, name: 'both' }, 'Succeeded');
  expect(at(done, 'status.counts.blobsDeleted')).toBe(3);
  client.close();
});

/** The kubelet may have replaced it by now. */
function goOn(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

test('C2, C6: one replica does not answer: nothing is swept, the run fails and writes return', async () => {
  const client = new RegistryClient(await createRegistry({ namespace, name, spec }), { maxSockets: 1 });
  const doomed = image([randomLayer()]);
  await client.push('app', 'y', doomed);
  expectStatus(await client.call('DELETE', `/v2/app/manifests/${doomed.manifest.digest}`), 202);
  const silent = await processesOfPod((await get('pod', namespace, `${name}-1`)).metadata.uid);
  for (const { pid } of silent) process.kill(pid, 'SIGSTOP');
  try {
    await apply(collection('silent'));
    const failed = await waitForCondition(
      { kind: 'garbagecollections', namespace, name: 'silent' },
      'Stalled',
      'True',
      120_000,
    );
    expect(at(failed, 'status.phase')).toBe('Failed');
    expect(String(at(failed, 'status.message'))).toContain(`${name}-1`);
  } finally {
    for (const { pid } of silent) goOn(pid);
  }
  expect(await blobsIn(await volumePath(namespace, name))).toContain(doomed.manifest.digest);
  await eventually('both replicas take writes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const one = new RegistryClient(client.access);
        const { status } = await one.call('POST', '/v2/app/blobs/uploads/');
        one.close();
        return status;
      }),
    );
    return answers.every((status) => status === 202);
  });
  client.close();
});

test('A12: kubectl scale changes the replicas, and the disruption budget goes with the second one', async () => {
  expect((await get('pdb', namespace, name)).metadata.name).toBe(name);
  await kubectl(['scale', 'registry', name, '-n', namespace, '--replicas=1']);
  await eventually('one replica and no budget', async () => {
    const set = await get('statefulset', namespace, name);
    const budget = await tryKubectl(['get', 'pdb', name, '-n', namespace]);
    return at(set, 'spec.replicas') === 1 && budget.status !== 0;
  });
});
