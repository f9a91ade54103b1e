import forge from 'node-forge';
import {
  type Asn1,
  bitString,
  boolean,
  integer,
  octetString,
  oid,
  sequence,
  tagged,
  taggedOctets,
  toDer,
} from './der.ts';
import { oids } from './oids.ts';

/** Where others answer what a certificate is worth; nothing is served there by Wharfinger. */
export interface RevocationUrls {
  readonly crlDistributionPoints: readonly string[];
  readonly ocspServers: readonly string[];
  readonly issuingCertificateURLs: readonly string[];
}

/** Bits of KeyUsage (RFC 5280, 4.2.1.3), the first one highest. */
const usageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;
export type KeyUsage = keyof typeof usageBits;

/** Missing in the types of node-forge. */
const util = forge.util as unknown as { bytesFromIP(address: string): string | null };

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
export const nameTags = { dns: 2, uri: 6, address: 7 } as const;

/** A CA; with a path length it has so many CAs below it at most. */
export function authorityConstraints(pathLength: number): Asn1 {
  return extension(oids.basicConstraints, sequence(boolean(true), integer(Buffer.from([pathLength]))), true);
}

export function leafConstraints(): Asn1 {
  return extension(oids.basicConstraints, sequence(), true);
}

export function keyUsage(...usages: readonly KeyUsage[]): Asn1 {
  const bits = usages.map((usage) => usageBits[usage]);
  const octet = bits.reduce<number>((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(oids.keyUsage, bitString(Buffer.from([octet]), 7 - Math.max(...bits)), true);
}

export function extendedKeyUsage(usage: 'server' | 'client'): Asn1 {
  return extension(
    oids.extendedKeyUsage,
    sequence(oid(usage === 'server' ? oids.serverAuth : oids.clientAuth)),
  );
}

/** None when there are no names. */
export function subjectAltName(dnsNames: readonly string[], ipAddresses: readonly string[]): Asn1[] {
  const names = [
    ...dnsNames.map((name) => taggedOctets(nameTags.dns, Buffer.from(name, 'ascii'))),
    ...ipAddresses.map((address) => taggedOctets(nameTags.address, addressOctets(address))),
  ];
  return names.length === 0 ? [] : [extension(oids.subjectAltName, sequence(...names))];
}

export function subjectKeyIdentifier(identifier: Buffer): Asn1 {
  return extension(oids.subjectKeyIdentifier, octetString(identifier));
}

export function authorityKeyIdentifier(identifier: Buffer): Asn1 {
  return extension(oids.authorityKeyIdentifier, sequence(taggedOctets(0, identifier)));
}

/** CRLDistributionPoints and AuthorityInfoAccess, as far as there are URLs. */
export function revocation(urls: RevocationUrls): Asn1[] {
  return [...revocationValues(urls)].map(([type, value]) => extension(type, value));
}

/** The values of `revocation` by their object identifiers. */
export function revocationValues(urls: RevocationUrls): ReadonlyMap<string, Asn1> {
  const points = urls.crlDistributionPoints.map((url) => sequence(tagged(0, tagged(0, location(url)))));
  const accesses = [
    ...urls.ocspServers.map((url) => sequence(oid(oids.ocsp), location(url))),
    ...urls.issuingCertificateURLs.map((url) => sequence(oid(oids.caIssuers), location(url))),
  ];
  const values = [
    [oids.crlDistributionPoints, points],
    [oids.authorityInfoAccess, accesses],
  ] as const;
  return new Map(
    values.filter(([, list]) => list.length > 0).map(([type, list]) => [type, sequence(...list)]),
  );
}

/** The 4 or 16 octets of an address. */
export function addressOctets(address: string): Buffer {
  // node-forge reads no IPv6 address with an IPv4 tail; a URL spells it in hexadecimal.
  const plain = address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
  return Buffer.from(util.bytesFromIP(plain) ?? '', 'latin1');
}

function location(url: string): Asn1 {
  return taggedOctets(nameTags.uri, Buffer.from(url, 'ascii'));
}

function extension(type: string, value: Asn1, critical = false): Asn1 {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(toDer(value)));
}
