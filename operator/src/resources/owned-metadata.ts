import { apiVersion } from '../api/group.ts';
import { type Registry, registryKind } from '../api/registry.ts';
import { ownedLabels } from './labels.ts';

/** Metadata of an object that goes when its Registry goes. */
export interface OwnedMetadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences: { apiVersion: string; kind: string; name: string; uid: string; controller: true }[];
}

export function ownedMetadata(registry: Registry, name: string): OwnedMetadata {
  const owner = registry.metadata;
  return {
    name,
    namespace: owner.namespace,
    labels: ownedLabels(owner.name),
    ownerReferences: [{ apiVersion, kind: registryKind, name: owner.name, uid: owner.uid, controller: true }],
  };
}
