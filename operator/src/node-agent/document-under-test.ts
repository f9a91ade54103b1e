import type { TrustDocument, TrustedHost } from './document.ts';

export const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
export const nextCertificate = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n';

/** For tests: one host, and all that may be said of it. */
export function documentWith(host: Partial<TrustedHost>, more: Partial<TrustDocument> = {}): TrustDocument {
  const hosts = [
    {
      hostname: 'registry.example',
      port: 5000,
      tls: true,
      certificates: [certificate],
      system: false,
      ...host,
    },
  ];
  return { nodeTrust: 'team', hosts, containerd: { directories: ['/etc/containerd/certs.d'] }, ...more };
}
