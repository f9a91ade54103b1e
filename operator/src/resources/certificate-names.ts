import { isIpAddress } from '../api/hostname.ts';
import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';

export interface CertificateNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** What the serving certificate is good for: the hostname, the names of the Service, and what the user adds. */
export function certificateNames(registry: Registry): CertificateNames {
  const { name, namespace } = registry.metadata;
  const { service } = objectNames(name);
  const own = registry.spec.tls.selfSigned;
  const all = [
    registry.spec.hostname,
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
    ...(own?.dnsNames ?? []),
    ...(own?.ipAddresses ?? []),
  ];
  const unique = [...new Set(all)];
  return {
    dnsNames: unique.filter((entry) => !isIpAddress(entry)),
    ipAddresses: unique.filter(isIpAddress),
  };
}
