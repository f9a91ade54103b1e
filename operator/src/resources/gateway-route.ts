import type { RegistryGateway } from '../api/registry-gateway.ts';
import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';
import { type OwnedMetadata, ownedMetadata } from './owned-metadata.ts';
import { servicePort } from './services.ts';

/** An object of the Gateway API; its apiVersion depends on what the cluster serves. */
export interface GatewayManifest {
  readonly metadata: OwnedMetadata;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `NAME`: the HTTPRoute or TLSRoute that `spec.gateway` asks for. */
export function gatewayRoute(registry: Registry, gateway: RegistryGateway): GatewayManifest {
  const names = objectNames(registry.metadata.name);
  const { annotations, parentRefs, route } = gateway;
  const metadata = ownedMetadata(registry, names.route);
  const backendRefs = [
    { group: '', kind: 'Service', name: names.service, port: servicePort(registry), weight: 1 },
  ];
  const rule =
    route === 'TLSRoute'
      ? { backendRefs }
      : { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs };
  return {
    metadata: annotations ? { ...metadata, annotations } : metadata,
    spec: {
      parentRefs: parentRefs.map((parent) => ({
        group: 'gateway.networking.k8s.io',
        kind: 'Gateway',
        ...parent,
      })),
      hostnames: [registry.spec.hostname],
      rules: [rule],
    },
  };
}

/**
 * `NAME`: tells the Gateway which certificates of the pods to trust, or undefined when it does not speak TLS to them. `caName`: the ConfigMap
 * with the CA; without it the authorities that every system knows.
 */
export function backendTlsPolicy(
  registry: Registry,
  caName: string | undefined,
): GatewayManifest | undefined {
  const { gateway, hostname, tls } = registry.spec;
  if (gateway?.route !== 'HTTPRoute' || tls.disabled) return undefined;
  const names = objectNames(registry.metadata.name);
  const trust =
    caName === undefined
      ? { wellKnownCACertificates: 'System' }
      : { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: caName }] };
  return {
    metadata: ownedMetadata(registry, names.route),
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: names.service, sectionName: 'registry' }],
      validation: { ...trust, hostname },
    },
  };
}
