import type { CaPhase } from '../../api/registry-status.ts';
import { pemFingerprint, rootOf } from '../../pki/bundle.ts';
import type { Issuer } from '../../pki/issuer.ts';
import { nextTrustChange, type TrustedCa } from '../../pki/trust.ts';
import { endOfChain } from '../../pki/validity.ts';
import type { AuthorityFacts } from './serving-certificate.ts';

export interface AuthorityQuestion {
  readonly issuer: Issuer;
  /** What is published. */
  readonly cas: readonly TrustedCa[];
  readonly upcoming: readonly string[];
  /** When the CA is to be replaced, in milliseconds since 1970. */
  readonly replacement?: number | undefined;
  readonly overlapMs: number;
}

/** What the status tells of the CA that certificates are issued from. */
export function authorityFacts(question: AuthorityQuestion): AuthorityFacts {
  const { issuer, cas, upcoming, overlapMs } = question;
  const chain = [issuer.credentials.certificate, ...issuer.chain];
  const top = rootOf(chain, issuer.roots) ?? chain.at(-1) ?? '';
  const phase = phaseOf(cas, upcoming);
  return {
    notAfter: endOfChain(issuer).getTime(),
    fingerprint: pemFingerprint(top),
    renewalTime: question.replacement,
    phase,
    phaseEnds: phase === 'Stable' ? undefined : nextTrustChange(cas, overlapMs),
  };
}

/** How far the replacement of a CA is. */
export function phaseOf(cas: readonly TrustedCa[], upcoming: readonly string[]): CaPhase {
  if (upcoming.length > 0 || cas.some(({ state }) => state === 'new')) return 'Distributing';
  return cas.some(({ state }) => state === 'leaving') ? 'Retiring' : 'Stable';
}
