import { X509Certificate } from 'node:crypto';
import { certificatesIn } from './bundle.ts';
import { daysFrom } from './certificate.ts';
import { clockSkewMs } from './clock-skew.ts';
import { certificateFields } from './certificate-fields.ts';
import { toDer } from './der.ts';
import { type RevocationUrls, revocationValues } from './extensions.ts';
import { type CertificateFacts, certificateFacts, isIssuedBy, subjectAltNames } from './inspection.ts';
import { isOfSpec, type KeySpec } from './key-pair.ts';
import { oids } from './oids.ts';
import { distinguishedName, type Subject } from './subject.ts';

/** What a certificate should be, beside its names. */
export interface CertificateWish {
  readonly key: KeySpec;
  readonly subject: Subject;
  readonly validityDays: number;
  readonly urls: RevocationUrls;
}

export interface RenewalQuestion {
  /** PEM of the certificate in use, with what a server sends after it, and of the CA that should have issued it. */
  readonly certificate: string;
  readonly authority: string;
  /** PEM of the certificates that should follow it. */
  readonly chain?: readonly string[];
  /** The alternative names wanted, as `altNameOf` spells them. */
  readonly names: readonly string[];
  readonly wish?: CertificateWish;
  /** When the first certificate above it ends, in milliseconds since 1970; the end of `authority` without it. */
  readonly latestEnd?: number;
  /** Milliseconds before its end; a third of the validity without it. */
  readonly renewBeforeMs?: number | undefined;
  readonly now: Date;
}

/** A granted validity may differ from the wanted one by rounding. */
const toleranceMs = 60_000;
const jitterShare = 10;

/** Why a certificate has to be issued anew, or undefined. */
export function renewalReason(question: RenewalQuestion): string | undefined {
  const { certificate, authority, chain = [], wish, now } = question;
  if (!isIssuedBy(certificate, authority)) return 'it was not issued by the CA';
  if (certificatesIn(certificate, 'tls.crt').slice(1).join('') !== chain.join(''))
    return 'the certificates above it changed';
  if (subjectAltNames(certificate).join() !== [...question.names].sort().join()) return 'its names changed';
  const facts = certificateFacts(certificate);
  const latestEnd = question.latestEnd ?? certificateFacts(authority).notAfter;
  const other = wish && differenceFrom(certificate, wish, latestEnd);
  if (other !== undefined) return other;
  if (now.getTime() < renewalTime(facts, question.renewBeforeMs)) return undefined;
  // One that ends with its CA gains nothing by being issued again.
  return facts.notAfter < latestEnd ? 'it expires soon' : undefined;
}

/**
 * When a certificate should be renewed, in milliseconds since 1970: `renewBeforeMs` before its end, or when a third of its validity is
 * left, and up to a tenth of that sooner, so that what was issued together is not renewed together. The same for a certificate each time.
 */
export function renewalTime(facts: CertificateFacts, renewBeforeMs?: number): number {
  const lifetime = facts.notAfter - facts.notBefore;
  const before = renewBeforeMs !== undefined && renewBeforeMs < lifetime ? renewBeforeMs : lifetime / 3;
  const share = Number.parseInt(facts.fingerprint.slice(0, 8), 16) / 2 ** 32;
  return Math.floor(facts.notAfter - before - (share * Math.min(before, lifetime - before)) / jitterShare);
}

/** What of a certificate is not as wanted, or undefined. */
export function differenceFrom(pem: string, wish: CertificateWish, latestEnd: number): string | undefined {
  const certificate = new X509Certificate(pem);
  const { subject, extensions } = certificateFields(certificate);
  if (!isOfSpec(certificate.publicKey, wish.key)) return 'the key that the spec asks for changed';
  if (!toDer(subject).equals(toDer(distinguishedName(wish.subject)))) return 'its subject changed';
  const issued = new Date(certificate.validFromDate.getTime() + clockSkewMs);
  const end = Math.min(daysFrom(issued, wish.validityDays).getTime(), latestEnd);
  if (Math.abs(certificate.validToDate.getTime() - end) > toleranceMs) return 'its validity changed';
  return hasUrls(extensions, wish.urls) ? undefined : 'its URLs changed';
}

function hasUrls(extensions: ReadonlyMap<string, Buffer>, urls: RevocationUrls): boolean {
  const values = revocationValues(urls);
  return [oids.crlDistributionPoints, oids.authorityInfoAccess].every((oid) => {
    const value = values.get(oid);
    return extensions.get(oid)?.toString('hex') === (value && toDer(value).toString('hex'));
  });
}
