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
  const { hostname, tls, service } = registry.spec;
  const scheme = tls.disabled ? 'http' : 'https';
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  const nodePort = service.type === 'NodePort' ? (service.nodePort ?? allocated) : undefined;
  const port = nodePort ?? servicePort(registry);
  const isDefault = port === (tls.disabled ? 80 : 443);
  return isDefault ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}
