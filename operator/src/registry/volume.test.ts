import { beforeEach, describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { findCondition } from '../kube/conditions.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resource.ts';
import { growthOf, refusedGrowth } from './claim-growth.ts';
import type { ServedRegistry } from './kind.ts';
import { createMemoryCluster, type MemoryCluster } from './memory-cluster.ts';
import { reconcileOnce } from './reconcile-once.ts';

interface Claim extends KubeObject {
  spec: { resources: { requests: { storage: string } }; storageClassName?: string };
  status?: object;
}
let cluster: MemoryCluster;
let generation = 0;

async function ask(size: string, volume: object = {}): Promise<void> {
  generation += 1;
  const storage = { filesystem: { volume: { size, ...volume } } };
  const registry = exampleRegistry({ storage }, { generation, resourceVersion: `spec-${generation}` });
  const status = (cluster.get('registries', 'team-a') as ServedRegistry | undefined)?.status;
  cluster.put('registries', { ...registry, status } as KubeObject);
  await reconcileOnce(cluster);
}

const claim = (): Claim => cluster.get('persistentvolumeclaims', 'team-a-data') as Claim;
const request = (): string => claim().spec.resources.requests.storage;
const told = (type: string): unknown =>
  findCondition((cluster.get('registries', 'team-a') as ServedRegistry).status?.conditions ?? [], type);

function bind(capacity: string, status: object = {}): void {
  cluster.put('persistentvolumeclaims', {
    ...claim(),
    status: { phase: 'Bound', capacity: { storage: capacity }, ...status },
  } as KubeObject);
}

beforeEach(() => {
  cluster = createMemoryCluster();
});

describe('the claim', () => {
  it('grows when it is bound, and not before, because the API server lets it not', async () => {
    await ask('1Gi');
    expect(told('StorageReady')).toMatchObject({ status: 'Unknown', reason: 'Pending' });
    await ask('2Gi');
    expect(request()).toBe('1Gi');
    bind('1Gi');
    await ask('2Gi');
    expect(request()).toBe('2Gi');
    expect(told('StorageReady')).toMatchObject({
      status: 'True',
      reason: 'Resizing',
      message: 'the volume grows from 1Gi to 2Gi',
    });
    bind('2Gi');
    await ask('2Gi');
    expect(told('StorageReady')).toMatchObject({ status: 'True', reason: 'Usable' });
  });

  it('goes back to a size that is possible after an expansion that failed, but never below its volume', async () => {
    await ask('1Gi');
    bind('1Gi');
    await ask('10Ti');
    expect(request()).toBe('10Ti');
    const conditions = [{ type: 'ControllerResizeError', status: 'True', message: 'no room' }];
    bind('1Gi', { conditions });
    await ask('10Ti');
    expect(told('Stalled')).toMatchObject({
      status: 'True',
      reason: 'ExpansionFailed',
      message: expect.stringContaining('from 1Gi to 10Ti: no room;'),
    });
    await ask('1Gi');
    expect(request()).toBe('10Ti');
    expect(told('Stalled')).toMatchObject({ message: expect.stringContaining('set a size above 1Gi') });
    await ask('2Gi');
    expect(request()).toBe('2Gi');
  });

  it('of a larger size that a former Registry left stays as it is', async () => {
    await ask('5Gi');
    bind('5Gi');
    await ask('1Gi');
    expect(request()).toBe('5Gi');
    expect(told('StorageReady')).toMatchObject({ status: 'True', reason: 'Usable' });
  });

  it('has an owner as long as it is to go with its Registry', async () => {
    await ask('1Gi');
    expect(claim().metadata.ownerReferences).toBeUndefined();
    await ask('1Gi', { reclaimPolicy: 'Delete' });
    expect(claim().metadata.ownerReferences).toMatchObject([{ kind: 'Registry', uid: 'uid-1' }]);
  });

  it('that goes with a deleted Registry of this name is waited for', async () => {
    await ask('1Gi', { reclaimPolicy: 'Delete' });
    const { metadata } = claim();
    const ownerReferences = metadata.ownerReferences?.map((owner) => ({ ...owner, uid: 'former' }));
    cluster.put('persistentvolumeclaims', { ...claim(), metadata: { ...metadata, ownerReferences } });
    await ask('1Gi');
    expect(told('Ready')).toMatchObject({ reason: 'PredecessorRemains' });
  });

  it('that somebody deletes is told while the images can be saved', async () => {
    await ask('1Gi');
    const { metadata } = claim();
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    cluster.put('persistentvolumeclaims', {
      ...claim(),
      metadata: { ...metadata, deletionTimestamp },
    });
    await ask('1Gi');
    expect(told('Stalled')).toMatchObject({ reason: 'ClaimDeleted' });
  });
});

describe('an expansion', () => {
  const live = (status: object): Claim => ({
    metadata: { name: 'x-data' },
    spec: { storageClassName: 'slow', resources: { requests: { storage: '1Gi' } } },
    status: { capacity: { storage: '1Gi' }, ...status },
  });

  it('waits for a pod when the file system is all that is left', () => {
    const pending = live({ conditions: [{ type: 'FileSystemResizePending', status: 'True' }] });
    expect(growthOf(pending, '2Gi', '2Gi')).toMatchObject({ reason: 'FileSystemResizePending' });
  });

  it('that the storage cannot do is told without a condition too', () => {
    const infeasible = live({ allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' } });
    expect(growthOf(infeasible, '2Gi', '2Gi')?.problem).toMatchObject({ reason: 'ExpansionFailed' });
  });

  it.each([
    [
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      'ExpansionNotAllowed',
      'its StorageClass slow does not allow expansion; set allowVolumeExpansion: true there, or set size back to 1Gi',
    ],
    ['exceeded quota: q', 'ExpansionRefused', 'the API server refused 2Gi: exceeded quota: q'],
  ])('that is refused by "%s" is told with the fix', (message, reason, sentence) => {
    const refusal = new ApiError({ code: 403, reason: 'Forbidden', message });
    expect(refusedGrowth(refusal, live({}), '2Gi')).toMatchObject({
      reason,
      message: expect.stringContaining(sentence),
    });
    expect(refusedGrowth(refusal, live({}), '1Gi')).toBeUndefined();
  });
});
