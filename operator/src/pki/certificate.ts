import { randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

const signAsync = promisify(sign);
const dayMs = 86_400_000;
/** Certificates are valid a little before they are issued, for clients whose clocks are late. */
const clockSkewMs = 5 * 60_000;

export interface CertificateRequest {
  /** PEM of the key that is certified. */
  readonly publicKey: string;
  /** Attributes as node-forge takes them. */
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly extensions: readonly object[];
  readonly notAfter: Date;
  readonly now: Date;
}

/** The end of a validity of so many days. */
export function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * dayMs);
}

/**
 * Issues an X.509 v3 certificate with sha256WithRSAEncryption; PEM comes out. node-forge builds it, and OpenSSL signs it in
 * the thread pool, because node-forge's own signing would hold the main thread for up to 0.3 s.
 */
export async function issueCertificate(request: CertificateRequest, signingKey: string): Promise<string> {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = serialNumber();
  certificate.publicKey = forge.pki.publicKeyFromPem(request.publicKey);
  certificate.validity.notBefore = new Date(request.now.getTime() - clockSkewMs);
  certificate.validity.notAfter = request.notAfter;
  certificate.setSubject(request.subject);
  certificate.setIssuer(request.issuer);
  certificate.setExtensions([...request.extensions]);
  const algorithm = forge.pki.oids['sha256WithRSAEncryption'] ?? '';
  certificate.signatureOid = algorithm;
  certificate.siginfo.algorithmOid = algorithm;
  certificate.tbsCertificate = toBeSigned(certificate);
  const signed = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), 'latin1');
  const signature = await signAsync('sha256', signed, signingKey);
  certificate.signature = signature.toString('latin1');
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** Exported by node-forge, missing in its types. */
function toBeSigned(certificate: forge.pki.Certificate): forge.asn1.Asn1 {
  const pki = forge.pki as unknown as {
    getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1;
  };
  return pki.getTBSCertificate(certificate);
}

/** RFC 5280, 4.1.2.2: positive and at most 20 octets. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
