import forge from 'node-forge';
import type { Credentials } from './authority.ts';
import { daysFrom, issueCertificate } from './certificate.ts';
import { generateRsaKeyPair, type RsaKeySize } from './key-pair.ts';
import { nameAttributes, type Subject, subjectAttributes } from './subject.ts';

export interface LeafRequest {
  readonly authority: Credentials;
  readonly subject: Subject;
  readonly usage: 'server' | 'client';
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly keySize: RsaKeySize;
  /** The certificate ends with its CA when that is earlier. */
  readonly validityDays: number;
  readonly now: Date;
}

/** Issues a certificate with a fresh key from a CA of `createAuthority`. */
export async function issueLeaf(request: LeafRequest): Promise<Credentials> {
  const authority = forge.pki.certificateFromPem(request.authority.certificate);
  const keys = await generateRsaKeyPair(request.keySize);
  const wanted = daysFrom(request.now, request.validityDays);
  const certificate = await issueCertificate(
    {
      publicKey: keys.publicKey,
      subject: subjectAttributes(request.subject),
      issuer: nameAttributes(authority),
      extensions: leafExtensions(request, authority),
      notAfter: wanted < authority.validity.notAfter ? wanted : authority.validity.notAfter,
      now: request.now,
    },
    request.authority.privateKey,
  );
  return { certificate, privateKey: keys.privateKey };
}

function leafExtensions(request: LeafRequest, authority: forge.pki.Certificate): object[] {
  const dns = request.dnsNames.map((value) => ({ type: 2, value }));
  const addresses = request.ipAddresses.map((address) => ({ type: 7, ip: expandedAddress(address) }));
  const altNames = [...dns, ...addresses];
  return [
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: request.usage === 'server', clientAuth: request.usage === 'client' },
    ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }]),
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: authority.generateSubjectKeyIdentifier().getBytes() },
  ];
}

/** node-forge reads no IPv6 address with an IPv4 tail; a URL spells it in hexadecimal. */
function expandedAddress(address: string): string {
  if (!address.includes(':')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
