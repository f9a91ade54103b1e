import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { type Asn1, bitString, fromDer, integer, sequence, tagged, time, toDer } from './der.ts';
import { subjectKeyIdentifier } from './extensions.ts';
import { keyIdentifier } from './certificate-fields.ts';
import { clockSkewMs } from './clock-skew.ts';
import { signatureAlgorithm } from './signature.ts';

const signAsync = promisify(sign);
const dayMs = 86_400_000;

export interface CertificateRequest {
  /** PEM of the key that is certified. */
  readonly publicKey: string;
  readonly subject: Asn1;
  /** The issuer's Name as its own certificate encodes it. */
  readonly issuer: Asn1;
  /** Extensions beside subjectKeyIdentifier, which each certificate has. */
  readonly extensions: readonly Asn1[];
  readonly notAfter: Date;
  readonly now: Date;
}

/** The end of a validity of so many days. */
export function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * dayMs);
}

/**
 * Issues an X.509 v3 certificate, signed with `signingKey` (PEM) as its kind demands; PEM comes out. node-forge writes the DER, and
 * OpenSSL signs it in the thread pool: node-forge knows RSA only, and its own signing would hold the main thread for up to 0.3 s.
 */
export async function issueCertificate(request: CertificateRequest, signingKey: string): Promise<string> {
  const key = createPrivateKey(signingKey);
  const { identifier, digest } = signatureAlgorithm(key);
  const publicKey = fromDer(createPublicKey(request.publicKey).export({ type: 'spki', format: 'der' }));
  // For clients whose clocks are late.
  const notBefore = new Date(request.now.getTime() - clockSkewMs);
  const extensions = [...request.extensions, subjectKeyIdentifier(keyIdentifier(publicKey))];
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    identifier,
    request.issuer,
    sequence(time(notBefore), time(request.notAfter)),
    request.subject,
    publicKey,
    tagged(3, sequence(...extensions)),
  );
  const signature = await signAsync(digest, toDer(toBeSigned), key);
  return pemOf(toDer(sequence(toBeSigned, identifier, bitString(signature))));
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** RFC 5280, 4.1.2.2: positive and at most 20 octets. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}
