import { daysFrom, issueCertificate } from './certificate.ts';
import { generateRsaKeyPair, type RsaKeySize } from './key-pair.ts';
import { type Subject, subjectAttributes } from './subject.ts';

/** A certificate and its key, in PEM. A leaf comes before the intermediates that lead to its CA. */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface AuthorityRequest {
  readonly subject: Subject;
  readonly keySize: RsaKeySize;
  readonly validityDays: number;
  readonly now: Date;
}

/** Creates a self-signed CA that may issue leaves only (path length 0). */
export async function createAuthority(request: AuthorityRequest): Promise<Credentials> {
  const keys = await generateRsaKeyPair(request.keySize);
  const subject = subjectAttributes(request.subject);
  const certificate = await issueCertificate(
    {
      publicKey: keys.publicKey,
      subject,
      issuer: subject,
      extensions: [
        { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
        { name: 'subjectKeyIdentifier' },
      ],
      notAfter: daysFrom(request.now, request.validityDays),
      now: request.now,
    },
    keys.privateKey,
  );
  return { certificate, privateKey: keys.privateKey };
}
