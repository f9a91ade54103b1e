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

  // Level by level, each certificate once: whoever sends a token could else make us try every order of them.
  let level: readonly X509Certificate[] = [leaf];
  let left: readonly X509Certificate[] = others;
  for (let authorities = 0; level.length > 0; authorities++) {
    const isAbove = (issuer: X509Certificate): boolean =>
      holds(issuer, now) &&
      pathLengthOf(issuer) >= authorities &&
      level.some((certificate) => issued(issuer, certificate));
    if (roots.some(isAbove)) return true;
    const next = left.filter(isAbove);
    left = left.filter((certificate) => !next.includes(certificate));
    level = next;
  }
  return false;
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function holds({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}
