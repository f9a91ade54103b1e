import { isIpAddress } from '../api/hostname.ts';
import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';

export interface CertificateNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** What the serving certificate is good for: the hostname, the names of the Service, and what the user adds. */
export function certificateNames(registry: Registry): CertificateNames {
  const { selfSigned, ca, certManager } = registry.spec.tls;
  const own = selfSigned ?? ca ?? certManager;
  const all = [
    registry.spec.hostname,
    ...(certManager?.serviceNames === false ? [] : serviceNames(registry)),
    ...(own?.dnsNames ?? []),
    ...(own?.ipAddresses ?? []),
  ];
  const unique = [...new Set(all)];
  return {
    dnsNames: unique.filter((entry) => !isIpAddress(entry)),
    ipAddresses: unique.filter(isIpAddress),
  };
}

/** The names of the Service inside of the cluster. */
export function serviceNames({ metadata: { name, namespace } }: Registry): string[] {
  const { service } = objectNames(name);
  return ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`].map(
    (domain) => `${service}${domain}`,
  );
}
