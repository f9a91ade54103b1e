import type { CaPhase } from '../../api/registry-status.ts';
import type { CertificateFacts } from '../../pki/inspection.ts';

/** The certificate that the pods serve with, and what is known of its CA. Times are in milliseconds since 1970. */
export interface ServingCertificate {
  readonly facts: CertificateFacts;
  /** When the operator renews it; undefined: never. */
  readonly renewalTime?: number | undefined;
  /** Why it took the place of the one before. */
  readonly issuedBecause?: string | undefined;
  /** The ConfigMap with the CAs that clients should trust, when they are known. */
  readonly caName: string | undefined;
  readonly authority?: AuthorityFacts | undefined;
  /** When there is something to do that no watch tells; undefined: never. */
  readonly nextChange?: number | undefined;
}

/** What is known of the CA of a serving certificate. */
export interface AuthorityFacts {
  /** When the first CA above the certificate ends. */
  readonly notAfter: number;
  readonly fingerprint: string;
  /** When the operator replaces it; undefined: never. */
  readonly renewalTime?: number | undefined;
  readonly phase: CaPhase;
  readonly phaseEnds?: number | undefined;
}
