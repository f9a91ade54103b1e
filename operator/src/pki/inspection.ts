import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { fingerprintOf } from './bundle.ts';
import { clockSkewMs } from './clock-skew.ts';
import { CertificateError } from './certificate-error.ts';

/** What is known of a serving certificate. Times are in milliseconds since 1970. */
export interface CertificateFacts {
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 of the certificate's DER, in hex without colons. */
  readonly fingerprint: string;
}

/** Facts of the first certificate of a PEM text. Throws `CertificateError` when there is none. */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = parsedCertificate(pem);
  return {
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    fingerprint: fingerprintOf(certificate),
  };
}

/** Whether this is a certificate and its key, whatever the time. */
export function isPair(certificate: string, privateKey: string): boolean {
  try {
    return parsedCertificate(certificate).checkPrivateKey(parsedKey(privateKey));
  } catch (error) {
    if (error instanceof CertificateError) return false;
    throw error;
  }
}

/**
 * Checks that `privateKey` is the key of the first certificate in `certificate`, and that the certificate is valid at `now`.
 * Throws `CertificateError`.
 */
export function checkCredentials(certificate: string, privateKey: string, now: Date): CertificateFacts {
  const leaf = parsedCertificate(certificate);
  if (!leaf.checkPrivateKey(parsedKey(privateKey))) {
    throw new CertificateError('tls.key is not the key of the first certificate in tls.crt');
  }
  checkPeriod(leaf, 'the certificate in tls.crt', now);
  return certificateFacts(certificate);
}

/** Throws `CertificateError` unless a certificate is valid at `now`; `what` begins the sentence. */
export function checkPeriod(certificate: X509Certificate, what: string, now: Date): void {
  const { validFromDate, validToDate } = certificate;
  if (validToDate <= now) throw new CertificateError(`${what} expired at ${validToDate.toISOString()}`);
  // Clocks differ a little.
  if (validFromDate.getTime() > now.getTime() + clockSkewMs)
    throw new CertificateError(`${what} is not valid before ${validFromDate.toISOString()}`);
}

/** Whether the first certificate in `pem` is good for a DNS name or an address. */
export function coversHostname(pem: string, hostname: string): boolean {
  const certificate = parsedCertificate(pem);
  const covered = isIP(hostname) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(hostname);
  return covered !== undefined;
}

/** Whether a leaf was issued by this CA. */
export function isIssuedBy(leaf: string, authority: string): boolean {
  const issuer = parsedCertificate(authority);
  const certificate = parsedCertificate(leaf);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The names in the certificate, as `dns:NAME` and `ip:ADDRESS`, sorted; addresses in their shortest form. */
export function subjectAltNames(pem: string): string[] {
  const entries = parsedCertificate(pem).subjectAltName?.split(', ') ?? [];
  return entries.map(altName).sort();
}

/** An alternative name as `subjectAltNames` spells it. */
export function altNameOf(kind: 'dns' | 'ip', value: string): string {
  return kind === 'dns' ? `dns:${value}` : `ip:${canonicalAddress(value)}`;
}

function altName(entry: string): string {
  const colon = entry.indexOf(':');
  const kind = entry.slice(0, colon) === 'IP Address' ? 'ip' : 'dns';
  return altNameOf(kind, entry.slice(colon + 1));
}

function canonicalAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname : address;
}

function parsedCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateError('tls.crt holds no certificate in PEM');
  }
}

/** The private key in `tls.key`. Throws `CertificateError`. */
export function parsedKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CertificateError('tls.key holds no unencrypted private key in PEM');
  }
}
