import type { V1NetworkPolicy } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { nameLabel, selectorLabels } from './labels.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { ports } from './pod-layout.ts';

/** As it is sent; client-node's type renames `from`. */
type NetworkPolicyManifest = Omit<Manifest<V1NetworkPolicy>, 'spec'> & { spec: object };

export interface NetworkPolicyInput {
  readonly operatorNamespace: string;
  /** Namespaces whose pods may read metrics; `*` is every one. */
  readonly metricsNamespaces: readonly string[];
}

/** Clients come from anywhere, metrics are for the namespaces that are named, and the state endpoint is for the operator's pods alone. */
export function networkPolicy(
  registry: Registry,
  { operatorNamespace, metricsNamespaces }: NetworkPolicyInput,
): NetworkPolicyManifest {
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
        { ports: [tcp(ports.registry)] },
        // The kubelet's probes come from the node, which no NetworkPolicy keeps from its own pods.
        ...metricsRules(metricsNamespaces).map((from) => ({ ports: [tcp(ports.debug)], ...from })),
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

function metricsRules(namespaces: readonly string[]): { from?: object[] }[] {
  if (namespaces.length === 0) return [];
  if (namespaces.includes('*')) return [{}];
  const values = [...namespaces].sort();
  const names = { key: 'kubernetes.io/metadata.name', operator: 'In', values };
  return [{ from: [{ namespaceSelector: { matchExpressions: [names] } }] }];
}
