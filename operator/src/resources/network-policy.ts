import type { V1NetworkPolicy } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { nameLabel, selectorLabels } from './labels.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { ports } from './pod-layout.ts';

/** As it is sent; client-node's type renames `from`. */
type NetworkPolicyManifest = Omit<Manifest<V1NetworkPolicy>, 'spec'> & { spec: object };

/** Clients, probes and metrics come from anywhere; the state endpoint is for the operator's pods alone. */
export function networkPolicy(registry: Registry, operatorNamespace: string): NetworkPolicyManifest {
  const { name } = registry.metadata;
  const tcp = (port: number): { protocol: string; port: number } => ({ protocol: 'TCP', port });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(registry, name),
    spec: {
      podSelector: { matchLabels: selectorLabels(name) },
      policyTypes: ['Ingress'],
      ingress: [
        { ports: [tcp(ports.registry), tcp(ports.debug)] },
        {
          ports: [tcp(ports.state)],
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': operatorNamespace } },
              podSelector: { matchLabels: { [nameLabel]: 'wharfinger' } },
            },
          ],
        },
      ],
    },
  };
}
