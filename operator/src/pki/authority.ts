import { X509Certificate } from 'node:crypto';
import { daysFrom, issueCertificate } from './certificate.ts';
import { certificateFields } from './certificate-fields.ts';
import {
  authorityConstraints,
  authorityKeyIdentifier,
  keyUsage,
  revocation,
  type RevocationUrls,
} from './extensions.ts';
import type { Credentials, Issuer } from './issuer.ts';
import { type KeySpec, makeKeyPair } from './key-pair.ts';
import { distinguishedName, type Subject } from './subject.ts';
import { earlier, endOfChain } from './validity.ts';

export interface AuthorityRequest {
  readonly subject: Subject;
  readonly key: KeySpec;
  readonly validityDays: number;
  /** How many CAs may stand between it and a leaf; none without it. */
  readonly pathLength?: number;
  readonly now: Date;
}

/** Creates a self-signed CA. */
export async function createAuthority(request: AuthorityRequest): Promise<Credentials> {
  const keys = await makeKeyPair(request.key);
  const subject = distinguishedName(request.subject);
  const certificate = await issueCertificate(
    {
      publicKey: keys.publicKey,
      subject,
      issuer: subject,
      extensions: [authorityConstraints(request.pathLength ?? 0), keyUsage('keyCertSign', 'cRLSign')],
      notAfter: daysFrom(request.now, request.validityDays),
      now: request.now,
    },
    keys.privateKey,
  );
  return { certificate, privateKey: keys.privateKey };
}

export interface IntermediateRequest {
  readonly issuer: Issuer;
  readonly subject: Subject;
  readonly key: KeySpec;
  /** It ends with its CA when that is earlier. */
  readonly validityDays: number;
  readonly urls: RevocationUrls;
  readonly now: Date;
}

/** Issues a CA below another one; it may issue leaves only. */
export async function createIntermediate(request: IntermediateRequest): Promise<Credentials> {
  const { issuer, now } = request;
  const keys = await makeKeyPair(request.key);
  const above = certificateFields(new X509Certificate(issuer.credentials.certificate));
  const certificate = await issueCertificate(
    {
      publicKey: keys.publicKey,
      subject: distinguishedName(request.subject),
      issuer: above.subject,
      extensions: [
        authorityConstraints(0),
        keyUsage('keyCertSign', 'cRLSign'),
        authorityKeyIdentifier(above.keyIdentifier),
        ...revocation(request.urls),
      ],
      notAfter: earlier(endOfChain(issuer), daysFrom(now, request.validityDays)),
      now,
    },
    issuer.credentials.privateKey,
  );
  return { certificate, privateKey: keys.privateKey };
}
