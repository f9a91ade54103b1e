import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistryProcess } from '../faults/registry-process.ts';
import { must } from '../support/command.ts';
import { createDisk, createDiskClass, removeVolume, volumeOf } from '../support/disks.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer, type Image } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  get,
  kubectl,
  tryKubectl,
  waitForCondition,
} from '../support/kubernetes.ts';
import { clientOf, createRegistry, registryObject } from '../support/registries.ts';
import { RegistryClient } from '../support/registry-client.ts';

const namespace = 'e2e-claims';
const storageClassName = 'e2e-by-hand';
const directory = mkdtempSync(join(tmpdir(), 'wharfinger-claims-'));
const one = image([randomLayer(50_000)]);

beforeAll(async () => {
  await createNamespace(namespace);
  await createDiskClass(storageClassName, false);
});
afterAll(async () => {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s']);
  await kubectl(['delete', 'storageclass', storageClassName, '--ignore-not-found']);
  rmSync(directory, { recursive: true, force: true });
});

async function deleteRegistry(name: string): Promise<void> {
  await kubectl(['delete', 'registry', name, '-n', namespace]);
  await eventually(
    'its pods are gone',
    async () => {
      const pods = await kubectl([
        'get',
        'pods',
        '-n',
        namespace,
        '-l',
        `app.kubernetes.io/instance=${name}`,
        '-o',
        'name',
      ]);
      return pods.trim() === '';
    },
    { timeoutMs: 60_000 },
  );
}

const claimExists = async (name: string): Promise<boolean> =>
  (await tryKubectl(['get', 'pvc', name, '-n', namespace])).status === 0;

const withPolicy = (reclaimPolicy: string): Record<string, unknown> => ({
  storage: { filesystem: { volume: { size: '1Gi', reclaimPolicy } } },
});

test('A9, A13: the claim goes with its Registry only when that is asked for, and that can change', async () => {
  const name = 'kept';
  await createRegistry({ namespace, name, spec: withPolicy('Delete') });
  expect(at(await get('pvc', namespace, 'kept-data'), 'metadata.ownerReferences[0].kind')).toBe('Registry');
  const client = await clientOf(namespace, name);
  await client.push('app', 'v1', one);
  client.close();
  await apply(registryObject({ namespace, name, spec: withPolicy('Retain') }));
  await eventually(
    'the claim has no owner',
    async () => at(await get('pvc', namespace, 'kept-data'), 'metadata.ownerReferences') === undefined,
  );
  await deleteRegistry(name);
  expect(await claimExists('kept-data')).toBe(true);
  await createRegistry({ namespace, name, spec: withPolicy('Delete') });
  const again = await clientOf(namespace, name);
  await again.pull('app', 'v1', one);
  again.close();
  await deleteRegistry(name);
  await eventually('the claim is gone', async () => !(await claimExists('kept-data')));
}, 180_000);

/** Claims `claim` for a volume of the test. */
async function bring(claim: string, capacity: string): Promise<void> {
  await apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: claim },
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName,
      resources: { requests: { storage: capacity } },
    },
  });
}

const withClaim = (existingClaim: string, more: object = {}): Record<string, unknown> => ({
  storage: { filesystem: { volume: { existingClaim } } },
  ...more,
});

/** What a registry that ran as root, and let nobody else in, leaves. */
async function writeAsRoot(root: string, pushed: Image): Promise<void> {
  const registry = await startRegistryProcess({ root });
  const access = { host: `localhost:${registry.port}`, ca: '', username: '', password: '' };
  const client = new RegistryClient(access, { plain: true });
  await client.push('app', 'v1', pushed);
  client.close();
  await registry.dispose();
  await must(['chown', '-R', '0:0', root]);
  await must(['chmod', '-R', 'u=rwX,go=', root]);
}

test('A9, B38: a claim that a registry of root wrote serves and takes pushes by its fsGroup, and is never deleted', async () => {
  const claim = 'from-root';
  const disk = await createDisk({
    name: 'e2e-from-root',
    mebibytes: 320,
    claim: { namespace, name: claim },
    storageClassName,
  });
  await disk.mounted((path) => writeAsRoot(path, one));
  await bring(claim, '320Mi');
  const client = new RegistryClient(
    await createRegistry({ namespace, name: 'taken', spec: withClaim(claim) }),
  );
  await client.pull('app', 'v1', one);
  await client.push('app', 'v2', image([randomLayer()]));
  await client.push('other', 'v1', image([randomLayer()]));
  client.close();
  const wrong = { storage: { filesystem: { volume: { existingClaim: claim, reclaimPolicy: 'Delete' } } } };
  const refused = await tryKubectl(
    ['apply', '-f', '-'],
    JSON.stringify(registryObject({ namespace, name: 'taken', spec: wrong })),
  );
  expect(refused.stderr).toContain('reclaimPolicy Delete is only for a claim of our own');
  await deleteRegistry('taken');
  expect(await claimExists(claim)).toBe(true);
  await kubectl(['delete', 'pvc', claim, '-n', namespace, '--timeout=60s']);
  await disk.remove();
}, 180_000);

test('A9, B38: where no fsGroup helps, the status says the command that does, and after it the registry serves', async () => {
  const claim = 'closed';
  const root = join(directory, claim);
  mkdirSync(root);
  await writeAsRoot(root, one);
  const volume = { name: 'e2e-closed', capacity: '1Gi', claim: { namespace, name: claim }, storageClassName };
  // To a hostPath the kubelet gives no group, as to many a network file system.
  await apply(volumeOf(volume, { hostPath: { path: root, type: 'Directory' } }));
  await bring(claim, '1Gi');
  await apply(registryObject({ namespace, name: claim, spec: withClaim(claim) }));
  const told = await waitForCondition({ kind: 'registry', namespace, name: claim }, 'Stalled');
  const command = 'chown -R 65532:65532 /var/lib/registry';
  expect(condition(told, 'StorageReady')).toMatchObject({
    status: 'False',
    reason: 'StorageNotUsable',
    message: expect.stringMatching(
      /belongs to 0:0 with mode 0700, and the registry runs as 65532:65532; run once/,
    ) as unknown,
  });
  expect(condition(told, 'Ready')?.message).toContain(command);
  // On this machine the volume is mounted elsewhere.
  await must(['chown', '-R', '65532:65532', root]);
  await waitForCondition({ kind: 'registry', namespace, name: claim }, 'Ready', 'True', 90_000);
  const client = await clientOf(namespace, claim);
  await client.pull('app', 'v1', one);
  client.close();
  await deleteRegistry(claim);
  await kubectl(['delete', 'pvc', claim, '-n', namespace, '--timeout=60s']);
  await removeVolume(volume.name);
}, 180_000);

test('A9: two replicas whose volumes are not one are told, and never ready together', async () => {
  const claim = 'apart';
  const [root, other] = [join(directory, 'one'), join(directory, 'other')];
  for (const path of [root, other]) {
    mkdirSync(path);
    await must(['chown', '65532:65532', path]);
  }
  const volume = { name: 'e2e-apart', capacity: '1Gi', claim: { namespace, name: claim }, storageClassName };
  await apply(volumeOf(volume, { hostPath: { path: root, type: 'Directory' } }));
  await bring(claim, '1Gi');
  await createRegistry({ namespace, name: claim, spec: withClaim(claim) });
  // A second node on which something else is mounted there.
  await must(['mount', '--bind', other, root]);
  let isMounted = true;
  const unmount = async (): Promise<void> => {
    if (isMounted) await must(['umount', root]);
    isMounted = false;
  };
  try {
    await apply(registryObject({ namespace, name: claim, spec: withClaim(claim, { replicas: 2 }) }));
    const told = await waitForCondition(
      { kind: 'registry', namespace, name: claim },
      'Stalled',
      'True',
      90_000,
    );
    expect(condition(told, 'StorageReady')).toMatchObject({ status: 'False', reason: 'StoresApart' });
    expect(condition(told, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'StoresApart',
      message: expect.stringMatching(/pod apart-[01] does not find pod apart-[01] on the storage/) as unknown,
    });
    await unmount();
    await kubectl(['delete', 'pod', 'apart-1', '-n', namespace, '--wait=true', '--timeout=60s']);
    const ready = await waitForCondition(
      { kind: 'registry', namespace, name: claim },
      'Ready',
      'True',
      90_000,
    );
    expect(at(ready, 'status.readyReplicas')).toBe(2);
  } finally {
    await unmount();
  }
  await deleteRegistry(claim);
  await kubectl(['delete', 'pvc', claim, '-n', namespace, '--timeout=60s']);
  await removeVolume(volume.name);
}, 240_000);
