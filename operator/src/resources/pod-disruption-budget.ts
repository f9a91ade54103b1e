import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { selectorLabels } from './labels.ts';
import { ownedMetadata } from './owned-metadata.ts';

/** Above one replica a drain takes one pod at a time; a single pod must not hold up a drain, so it has no budget. */
export function podDisruptionBudget(registry: Registry): Manifest<V1PodDisruptionBudget> | undefined {
  if (registry.spec.replicas <= 1) return undefined;
  const { name } = registry.metadata;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: ownedMetadata(registry, name),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(name) } },
  };
}
