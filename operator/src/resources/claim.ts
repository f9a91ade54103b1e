import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { ownedLabels } from './labels.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';

/**
 * Argo CD may track by a label that our objects carry too; an Application with the name of a Registry would take an object without an owner
 * that is not in Git for one to delete.
 */
const argoSyncOptions = 'argocd.argoproj.io/sync-options';

/** Name of the claim that the pods mount. */
export function claimName(registry: Registry): string {
  const { existingClaim } = registry.spec.storage.filesystem.volume;
  return existingClaim ?? objectNames(registry.metadata.name).claim;
}

/**
 * `NAME-data`, or undefined when the user brings a claim. Without an owner it outlives its Registry, and a Registry of the same name takes it up
 * again; only reclaimPolicy Delete gives it one.
 */
export function claim(registry: Registry): Manifest<V1PersistentVolumeClaim> | undefined {
  const { volume } = registry.spec.storage.filesystem;
  if (volume.existingClaim !== undefined || volume.size === undefined) return undefined;
  const { name, namespace } = registry.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata:
      volume.reclaimPolicy === 'Delete'
        ? ownedMetadata(registry, objectNames(name).claim)
        : {
            name: objectNames(name).claim,
            namespace,
            labels: ownedLabels(name),
            annotations: { [argoSyncOptions]: 'Prune=false,Delete=false' },
          },
    spec: {
      accessModes: [...volume.accessModes],
      resources: { requests: { storage: String(volume.size) } },
      ...(volume.storageClassName === undefined ? {} : { storageClassName: volume.storageClassName }),
    },
  };
}
