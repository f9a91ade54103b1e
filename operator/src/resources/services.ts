import type { V1Service } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { Registry } from '../api/registry.ts';
import { selectorLabels } from './labels.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { ports } from './pod-layout.ts';

/** Port of the Service that clients use. */
export function servicePort(registry: Registry): number {
  return registry.spec.service.port ?? (registry.spec.tls.disabled ? 80 : 443);
}

/** `NAME`: the Service that clients use. */
export function service(registry: Registry): Manifest<V1Service> {
  const { name } = registry.metadata;
  const { type, nodePort, annotations } = registry.spec.service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...ownedMetadata(registry, objectNames(name).service),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      type,
      selector: selectorLabels(name),
      ports: [
        {
          name: 'registry',
          port: servicePort(registry),
          targetPort: 'registry',
          protocol: 'TCP',
          ...backendHints(registry),
          ...(nodePort === undefined ? {} : { nodePort }),
        },
      ],
    },
  };
}

/** `NAME-pods`: the headless Service that gives the pods their names. */
export function podsService(registry: Registry): Manifest<V1Service> {
  const { name } = registry.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(registry, objectNames(name).podsService),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorLabels(name),
      ports: [
        { name: 'registry', port: ports.registry, targetPort: 'registry', protocol: 'TCP' },
        { name: 'debug', port: ports.debug, targetPort: 'debug', protocol: 'TCP' },
      ],
    },
  };
}

/** Where clients find the registry. `allocated`: the node port that the API server chose, when the spec names none. */
export function registryUrl(registry: Registry, allocated?: number): string {
  const { hostname, tls, ingress, gateway, externalURL } = registry.spec;
  if (externalURL !== undefined) return new URL(externalURL).origin;
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  // An Ingress and a Gateway serve TLS whatever the pods do, and on the port that clients try first.
  if (ingress !== undefined || gateway !== undefined) return `https://${host}`;
  const scheme = tls.disabled ? 'http' : 'https';
  const port = nodePortOf(registry, allocated) ?? servicePort(registry);
  const isDefault = port === (tls.disabled ? 80 : 443);
  return isDefault ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

function nodePortOf({ spec }: Registry, allocated: number | undefined): number | undefined {
  return spec.service.type === 'NodePort' ? (spec.service.nodePort ?? allocated) : undefined;
}

/** What tells a proxy in front that it has to speak TLS to the pods; nothing changes for a Service that has none. */
function backendHints({ spec }: Registry): { appProtocol?: string } {
  const isBehindProxy = spec.ingress !== undefined || spec.gateway !== undefined;
  return isBehindProxy && !spec.tls.disabled ? { appProtocol: 'https' } : {};
}
