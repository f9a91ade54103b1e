import type { X509Certificate } from 'node:crypto';
import { pathLengthOf } from './path-length.ts';

/** Certificates of one chain, the leaf included. */
const longestChain = 10;

/**
 * Whether a chain leads from the first certificate over some of the others to a root: each is issued and signed by the next, which
 * is an authority, and all of them hold at `now` (RFC 5280, section 6; RFC 7515, 4.1.6).
 */
export function verifiesChain(options: {
  chain: readonly X509Certificate[];
  roots: readonly X509Certificate[];
  now: Date;
}): boolean {
  const { chain, roots, now } = options;
  const [leaf, ...others] = chain;
  if (!leaf || chain.length > longestChain || !holds(leaf, now)) return false;
  if (roots.some(({ raw }) => raw.equals(leaf.raw))) return true;

  function leadsToRoot(
    certificate: X509Certificate,
    authorities: number,
    left: readonly X509Certificate[],
  ): boolean {
    const isAbove = (issuer: X509Certificate): boolean =>
      holds(issuer, now) && issued(issuer, certificate) && pathLengthOf(issuer) >= authorities;
    if (roots.some(isAbove)) return true;
    return left.filter(isAbove).some((issuer) =>
      leadsToRoot(
        issuer,
        authorities + 1,
        left.filter((other) => other !== issuer),
      ),
    );
  }

  return leadsToRoot(leaf, 0, others);
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function holds({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}
