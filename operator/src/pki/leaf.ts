import { X509Certificate } from 'node:crypto';
import { daysFrom, issueCertificate } from './certificate.ts';
import { certificateFields } from './certificate-fields.ts';
import {
  authorityKeyIdentifier,
  extendedKeyUsage,
  keyUsage,
  leafConstraints,
  revocation,
  type RevocationUrls,
  subjectAltName,
} from './extensions.ts';
import type { Credentials, Issuer } from './issuer.ts';
import { type KeySpec, makeKeyPair } from './key-pair.ts';
import { distinguishedName, type Subject } from './subject.ts';
import { earlier, endOfChain } from './validity.ts';

export interface LeafRequest {
  readonly issuer: Issuer;
  readonly subject: Subject;
  readonly usage: 'server' | 'client';
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly key: KeySpec;
  /** The certificate ends with its CA when that is earlier. */
  readonly validityDays: number;
  readonly urls?: RevocationUrls;
  readonly now: Date;
}

/** Issues a certificate with a fresh key; what comes out holds the intermediates after the leaf. */
export async function issueLeaf(request: LeafRequest): Promise<Credentials> {
  const { issuer, now } = request;
  const above = certificateFields(new X509Certificate(issuer.credentials.certificate));
  const keys = await makeKeyPair(request.key);
  // Only an RSA key can take part in a key exchange without forward secrecy (RFC 5480, 3).
  const usages = request.key.algorithm === 'RSA' ? (['keyEncipherment'] as const) : [];
  const certificate = await issueCertificate(
    {
      publicKey: keys.publicKey,
      subject: distinguishedName(request.subject),
      issuer: above.subject,
      extensions: [
        leafConstraints(),
        keyUsage('digitalSignature', ...usages),
        extendedKeyUsage(request.usage),
        ...subjectAltName(request.dnsNames, request.ipAddresses),
        authorityKeyIdentifier(above.keyIdentifier),
        ...(request.urls ? revocation(request.urls) : []),
      ],
      notAfter: earlier(endOfChain(issuer), daysFrom(now, request.validityDays)),
      now,
    },
    issuer.credentials.privateKey,
  );
  return { certificate: [certificate, ...issuer.chain].join(''), privateKey: keys.privateKey };
}
