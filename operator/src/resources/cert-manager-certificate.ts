import type { CertManagerTls } from '../api/cert-manager-tls.ts';
import { durationMs } from '../api/duration.ts';
import type { Registry } from '../api/registry.ts';
import { certificateNames } from './certificate-names.ts';
import { ownedLabels } from './labels.ts';
import { objectNames } from './names.ts';
import { type OwnedMetadata, ownedMetadata } from './owned-metadata.ts';

/** RFC 5280, appendix A.1: ub-common-name; cert-manager refuses a longer one. */
const maxCommonName = 64;
const defaultSize = { RSA: 2048, ECDSA: 256 } as const;

/** A Certificate of cert-manager.io/v1, as far as we write one. */
export interface CertificateManifest {
  readonly metadata: OwnedMetadata;
  readonly spec: {
    readonly secretName: string;
    readonly secretTemplate: { readonly labels: Record<string, string> };
    readonly issuerRef: CertManagerTls['issuerRef'];
    readonly commonName?: string;
    readonly dnsNames?: readonly string[];
    readonly ipAddresses?: readonly string[];
    readonly duration?: string;
    readonly renewBefore?: string;
    readonly usages: readonly string[];
    readonly privateKey: {
      readonly algorithm: CertManagerTls['keyAlgorithm'];
      readonly size: number;
      readonly rotationPolicy: 'Always';
    };
  };
}

/** The Certificate that cert-manager is to keep for this Registry. */
export function certificateManifest(registry: Registry, wanted: CertManagerTls): CertificateManifest {
  const names = objectNames(registry.metadata.name);
  const { hostname } = registry.spec;
  const { dnsNames, ipAddresses } = certificateNames(registry);
  const { issuerRef, duration, renewBefore, keyAlgorithm, keySize } = wanted;
  return {
    metadata: ownedMetadata(registry, names.certManagerCertificate),
    spec: {
      secretName: names.certManagerTls,
      secretTemplate: { labels: ownedLabels(registry.metadata.name) },
      issuerRef,
      ...(hostname.length > maxCommonName ? {} : { commonName: hostname }),
      ...(dnsNames.length > 0 ? { dnsNames } : {}),
      ...(ipAddresses.length > 0 ? { ipAddresses } : {}),
      ...(duration === undefined ? {} : { duration: goDuration(duration) }),
      ...(renewBefore === undefined ? {} : { renewBefore: goDuration(renewBefore) }),
      usages: ['digital signature', 'key encipherment', 'server auth'],
      privateKey: {
        algorithm: keyAlgorithm,
        size: keySize ?? defaultSize[keyAlgorithm],
        rotationPolicy: 'Always',
      },
    },
  };
}

/** As Go prints it and cert-manager writes it back, so that it never looks changed. */
function goDuration(text: string): string {
  const seconds = Math.floor(durationMs(text) / 1000);
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}
