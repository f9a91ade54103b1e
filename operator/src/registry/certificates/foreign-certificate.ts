import { certificatesIn, isSelfSigned, pemFingerprint } from '../../pki/bundle.ts';
import { type CertificateFacts, certificateFacts } from '../../pki/inspection.ts';
import { nextTrustChange } from '../../pki/trust.ts';
import { objectNames } from '../../resources/names.ts';
import type { StepContext } from '../step.ts';
import { phaseOf } from './authority-facts.ts';
import type { AuthorityFacts, ServingCertificate } from './serving-certificate.ts';
import { overlapMs, publishTrust } from './trust-bundle.ts';

export interface ForeignCertificate {
  readonly facts: CertificateFacts;
  /** `tls.crt`. */
  readonly certificate: string;
  /** `ca.crt`: what clients should trust, if that is known. */
  readonly ca: string | undefined;
}

/** A certificate that somebody else issued; its CA is published, and that of the one before for the overlap. Throws `CertificateError`. */
export async function foreignCertificate(
  context: StepContext,
  { facts, certificate, ca }: ForeignCertificate,
): Promise<ServingCertificate> {
  const chain = certificatesIn(certificate, 'tls.crt');
  const roots = ca?.trim() ? certificatesIn(ca, 'ca.crt') : [];
  if (roots.length === 0) return { facts, caName: undefined };
  const authority = await published(context, chain, roots);
  const caName = objectNames(context.registry.metadata.name).ca;
  return { facts, caName, authority, nextChange: authority.phaseEnds };
}

async function published(
  context: StepContext,
  chain: readonly string[],
  roots: readonly string[],
): Promise<AuthorityFacts> {
  const cas = await publishTrust(context, { wanted: roots, served: chain });
  const above = [...chain.slice(1), ...roots.filter(isSelfSigned), ...roots.slice(0, 1)];
  const phase = phaseOf(cas, []);
  return {
    notAfter: Math.min(...above.map((pem) => certificateFacts(pem).notAfter)),
    fingerprint: pemFingerprint(roots[0] ?? ''),
    phase,
    phaseEnds: phase === 'Stable' ? undefined : nextTrustChange(cas, overlapMs(context.registry)),
  };
}
