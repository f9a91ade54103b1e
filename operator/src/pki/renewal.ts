import { certificateFacts, isIssuedBy, subjectAltNames } from './inspection.ts';

export interface RenewalQuestion {
  /** PEM of the certificate in use and of the CA that should have issued it. */
  readonly certificate: string;
  readonly authority: string;
  /** The alternative names wanted, as `altNameOf` spells them. */
  readonly names: readonly string[];
  readonly now: Date;
}

/** Why a certificate has to be issued anew, or undefined. It is renewed when less than a third of its validity is left. */
export function renewalReason(question: RenewalQuestion): string | undefined {
  const { certificate, authority, now } = question;
  if (!isIssuedBy(certificate, authority)) return 'it was not issued by the CA';
  if (subjectAltNames(certificate).join() !== [...question.names].sort().join()) return 'its names changed';
  const facts = certificateFacts(certificate);
  if (now.getTime() < renewalTime(facts.notBefore, facts.notAfter)) return undefined;
  // A leaf that ends with its CA gains nothing by being issued again.
  return facts.notAfter < certificateFacts(authority).notAfter ? 'it expires soon' : undefined;
}

/** When a third of the validity is left, in milliseconds since 1970. */
export function renewalTime(notBefore: number, notAfter: number): number {
  return notAfter - (notAfter - notBefore) / 3;
}
