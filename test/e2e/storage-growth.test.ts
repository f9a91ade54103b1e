import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../support/command.ts';
import { createDisk, createDiskClass, setClaimStatus, type Disk } from '../support/disks.ts';
import { eventually } from '../support/eventually.ts';
import { image, randomLayer, type Layer } from '../support/image.ts';
import {
  apply,
  at,
  condition,
  createNamespace,
  get,
  kubectl,
  list,
  tryKubectl,
  waitForCondition,
  type Condition,
} from '../support/kubernetes.ts';
import { createRegistry, registryObject } from '../support/registries.ts';
import { RegistryClient, type Answer } from '../support/registry-client.ts';

const namespace = 'e2e-growth';
const name = 'small';
const claim = { namespace, name: `${name}-data` };
const growing = 'e2e-growing';
const rigid = 'e2e-rigid';
const mebibyte = 2 ** 20;
const one = image([randomLayer(100_000)]);
let disk: Disk;
let client: RegistryClient;

const withSize = (size: string, storageClassName = growing): Record<string, unknown> => ({
  storage: { filesystem: { volume: { size, storageClassName } } },
});

beforeAll(async () => {
  await createNamespace(namespace);
  await createDiskClass(growing, true);
  disk = await createDisk({ name: 'e2e-growth', mebibytes: 320, claim, storageClassName: growing });
  // So that little need be pushed until it is full.
  await disk.mounted(async (path) => {
    const { bavail, bsize } = await statfs(path);
    await must(['fallocate', '--length', String(bavail * bsize - 48 * mebibyte), `${path}/filler`]);
  });
  client = new RegistryClient(await createRegistry({ namespace, name, spec: withSize('320Mi') }));
  await client.push('app', 'v1', one);
});
afterAll(async () => {
  client.close();
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s']);
  await disk.remove();
  await kubectl(['delete', 'storageclass', growing, rigid, '--ignore-not-found']);
});

/** One POST with the whole blob; the answer tells whether it was taken. */
async function tryBlob({ digest, content }: Pick<Layer, 'digest' | 'content'>): Promise<Answer> {
  return client.call('POST', `/v2/app/blobs/uploads/?digest=${digest}`, {
    headers: { 'Content-Type': 'application/octet-stream' },
    body: content,
  });
}

/** Pushes blobs, smaller ones when no larger one is taken, until not even a small one is; returns the last large one that was refused. */
async function fill(): Promise<{ layer: Layer; answer: Answer }> {
  let refused: { layer: Layer; answer: Answer } | undefined;
  for (const size of [12 * mebibyte, 2 * mebibyte, mebibyte / 4, mebibyte / 32]) {
    for (;;) {
      const layer = randomLayer(size);
      const answer = await tryBlob(layer);
      if (answer.status === 201) continue;
      refused ??= { layer, answer };
      break;
    }
  }
  if (refused === undefined) throw new Error('nothing was refused');
  return refused;
}

/** What `df` shows in the pod, in bytes. */
async function sizeInPod(): Promise<number> {
  const script = "const s=require('fs').statfsSync('/var/lib/registry');console.log(s.blocks*s.bsize)";
  return Number(await kubectl(['exec', `${name}-0`, '-n', namespace, '--', 'node', '-e', script]));
}

/** Lets the operator ask the pods at once; it does so by itself every minute. */
async function nudge(): Promise<void> {
  const mark = `e2e=${randomBytes(4).toString('hex')}`;
  await kubectl(['annotate', 'registry', name, '-n', namespace, '--overwrite', mark]);
}

async function storageReady(expected: Partial<Condition>): Promise<Condition> {
  return eventually(
    `StorageReady ${JSON.stringify(expected)}`,
    async () => {
      await nudge();
      const found = condition(await get('registry', namespace, name), 'StorageReady');
      expect(found).toMatchObject(expected);
      return found;
    },
    { timeoutMs: 30_000, everyMs: 1_000 },
  );
}

async function operatorMetrics(): Promise<string> {
  const pods = await list('pods', 'wharfinger-system');
  const pages = pods.map(({ metadata }) =>
    kubectl([
      'get',
      '--raw',
      `/api/v1/namespaces/wharfinger-system/pods/${metadata.name}:8080/proxy/metrics`,
    ]),
  );
  return (await Promise.all(pages)).join('\n');
}

test('A9, A12: a full volume is told, grows when the spec says so, and then takes the push that had failed', async () => {
  const { layer, answer } = await fill();
  expect(answer.status).toBe(507);
  expect(answer.body.toString()).toContain('the storage of the registry is full');
  await storageReady({ status: 'False', reason: 'Full' });
  await client.pull('app', 'v1', one);
  const full = await get('registry', namespace, name);
  expect(condition(full, 'Ready')?.status).toBe('True');
  expect(Number(at(full, 'status.storage.usedPercent'))).toBeGreaterThan(90);
  const labels = `{namespace="${namespace}",name="${name}"}`;
  await eventually('the metric', async () =>
    (await operatorMetrics()).includes(`wharfinger_registry_storage_problem${labels} 1`),
  );

  const before = await sizeInPod();
  await apply(registryObject({ namespace, name, spec: withSize('448Mi') }));
  await eventually(
    'the claim asks for more',
    async () => at(await get('pvc', namespace, claim.name), 'spec.resources.requests.storage') === '448Mi',
  );
  await eventually('it grows', async () => {
    const found = await get('registry', namespace, name);
    return (
      condition(found, 'Reconciling')?.reason === 'Resizing' && condition(found, 'Ready')?.status === 'True'
    );
  });
  await disk.growForClaim();
  await storageReady({ status: 'True', reason: 'Usable' });
  const after = await sizeInPod();
  console.info(`df in the pod: ${before} bytes, then ${after}`);
  expect(after).toBeGreaterThan(before + 100 * mebibyte);
  expect((await tryBlob(layer)).status).toBe(201);
  const grown = await waitForCondition({ kind: 'registry', namespace, name }, 'Reconciling', 'False');
  expect(at(grown, 'status.storage.capacity')).toBe('448Mi');
}, 180_000);

test('A9: a volume cannot shrink, but goes back from an expansion that failed', async () => {
  const smaller = await tryKubectl(
    ['apply', '-f', '-'],
    JSON.stringify(registryObject({ namespace, name, spec: withSize('400Mi') })),
  );
  expect(smaller.stderr).toContain('spec.storage.filesystem.volume.size: a volume cannot shrink');
  await apply(registryObject({ namespace, name, spec: withSize('10Ti') }));
  await eventually(
    'the claim asks for more',
    async () => at(await get('pvc', namespace, claim.name), 'spec.resources.requests.storage') === '10Ti',
  );
  // As external-resizer says it.
  await setClaimStatus(claim, {
    allocatedResources: { storage: '10Ti' },
    allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
    conditions: [
      { type: 'ControllerResizeError', status: 'True', message: 'no such room', lastProbeTime: null },
    ],
  });
  const failed = await waitForCondition({ kind: 'registry', namespace, name }, 'Stalled');
  expect(condition(failed, 'Stalled')).toMatchObject({
    reason: 'ExpansionFailed',
    message: expect.stringContaining('could not grow from 448Mi to 10Ti: no such room') as unknown,
  });
  expect(condition(failed, 'Ready')?.status).toBe('True');
  await apply(registryObject({ namespace, name, spec: withSize('512Mi') }));
  await eventually(
    'the claim asks for less',
    async () => at(await get('pvc', namespace, claim.name), 'spec.resources.requests.storage') === '512Mi',
  );
  await disk.growForClaim();
  await storageReady({ status: 'True', reason: 'Usable' });
  expect(at(await get('registry', namespace, name), 'status.storage.capacity')).toBe('512Mi');
  await waitForCondition({ kind: 'registry', namespace, name }, 'Stalled', 'False');
}, 120_000);

test('A9: a class that does not allow expansion is told with the way out, and the registry stays ready', async () => {
  await createDiskClass(rigid, false);
  const stiff = { namespace, name: 'stiff' };
  const own = await createDisk({
    name: 'e2e-stiff',
    mebibytes: 320,
    claim: { namespace, name: 'stiff-data' },
    storageClassName: rigid,
  });
  await createRegistry({ ...stiff, spec: withSize('320Mi', rigid) });
  await apply(registryObject({ ...stiff, spec: withSize('640Mi', rigid) }));
  const refused = await waitForCondition({ kind: 'registry', ...stiff }, 'Stalled');
  expect(condition(refused, 'StorageReady')).toMatchObject({
    status: 'False',
    reason: 'ExpansionNotAllowed',
    message: `spec.storage.filesystem.volume.size: claim stiff-data stays at 320Mi, because its StorageClass ${rigid} does not allow expansion; set allowVolumeExpansion: true there, or set size back to 320Mi`,
  });
  expect(condition(refused, 'Ready')?.status).toBe('True');
  await apply(registryObject({ ...stiff, spec: withSize('320Mi', rigid) }));
  await waitForCondition({ kind: 'registry', ...stiff }, 'Stalled', 'False');
  await kubectl(['delete', 'registry', 'stiff', '-n', namespace]);
  await kubectl(['delete', 'pvc', 'stiff-data', '-n', namespace, '--timeout=60s']);
  await own.remove();
}, 120_000);
