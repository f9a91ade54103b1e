import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSparse, prepareBlockVolumes } from '../faults/durability/block-volume.ts';
import { must } from './command.ts';
import { apply, at, get, kubectl, tryKubectl } from './kubernetes.ts';

/**
 * A PersistentVolume on a block device of its own: XFS on a loop device (ext4 grows while it is mounted only for who has CAP_SYS_RESOURCE), which the kubelet mounts for a pod, gives to the pod's fsGroup
 * and grows as it does with any disk.
 */
export interface Disk {
  /** Mounts it on this machine for as long as `work` takes; not while a pod uses it. */
  mounted(work: (path: string) => Promise<void>): Promise<void>;
  /**
   * What a storage driver's controller (external-resizer) does for a claim that asks for more: here no driver runs, so the test does it. The
   * device grows; that its file system follows is left to the kubelet.
   */
  growForClaim(): Promise<void>;
  remove(): Promise<void>;
}

export interface DiskOptions {
  readonly name: string;
  /** At least 300; of these the file system keeps 64 for itself. */
  readonly mebibytes: number;
  /** The claim that is to have it. */
  readonly claim: { readonly namespace: string; readonly name: string };
  readonly storageClassName: string;
}

export async function createDisk({ name, mebibytes, claim, storageClassName }: DiskOptions): Promise<Disk> {
  await prepareBlockVolumes();
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-disk-'));
  const file = join(directory, 'disk.img');
  makeSparse(file, mebibytes * 2 ** 20);
  const device = (await must(['losetup', '--find', '--show', file])).trim();
  await must(['mkfs.xfs', '-q', device]);
  await apply(
    volumeOf(
      { name, capacity: `${mebibytes}Mi`, claim, storageClassName },
      { local: { path: device, fsType: 'xfs' } },
    ),
  );

  return {
    async mounted(work) {
      const path = join(directory, 'mounted');
      await must(['mkdir', '-p', path]);
      await must(['mount', device, path]);
      try {
        await work(path);
      } finally {
        await must(['umount', path]);
      }
    },
    async growForClaim() {
      const found = await get('pvc', claim.namespace, claim.name);
      const asked = String(at(found, 'spec.resources.requests.storage'));
      truncateSync(file, Number(asked.replace('Mi', '')) * 2 ** 20);
      await must(['losetup', '--set-capacity', device]);
      await kubectl([
        'patch',
        'pv',
        name,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { capacity: { storage: asked } } }),
      ]);
      await setClaimStatus(claim, {
        allocatedResources: { storage: asked },
        allocatedResourceStatuses: { storage: 'NodeResizePending' },
        conditions: [{ type: 'FileSystemResizePending', status: 'True', lastProbeTime: null }],
      });
    },
    async remove() {
      await removeVolume(name);
      await must(['losetup', '--detach', device]);
      rmSync(directory, { recursive: true });
    },
  };
}

/** Applies a class whose volumes are made by the test. */
export async function createDiskClass(name: string, allowVolumeExpansion: boolean): Promise<void> {
  await apply({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion,
  });
}

/** Writes what a storage driver would say in the status of a claim. */
export async function setClaimStatus(
  claim: { namespace: string; name: string },
  status: object,
): Promise<void> {
  const { namespace, name } = claim;
  const patch = JSON.stringify({ status });
  await kubectl(['patch', 'pvc', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

/** A PersistentVolume of the one node for one claim, kept when that goes; `source` is its kind. */
export function volumeOf(
  options: {
    name: string;
    capacity: string;
    claim: { namespace: string; name: string };
    storageClassName: string;
  },
  source: object,
): object {
  const { name, capacity, claim, storageClassName } = options;
  const matchExpressions = [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: capacity },
      accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
      ...source,
    },
  };
}

/** Its claim, if it has one, goes first. */
export async function removeVolume(name: string): Promise<void> {
  await tryKubectl(['delete', 'pv', name, '--wait=true', '--timeout=60s']);
}
