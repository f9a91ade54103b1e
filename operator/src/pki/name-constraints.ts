import { X509Certificate } from 'node:crypto';
import { certificateFields } from './certificate-fields.ts';
import { contextTagOf, fromDer, octetsOf, partsOf } from './der.ts';
import { addressOctets, nameTags } from './extensions.ts';
import { oids } from './oids.ts';

/** Names and addresses that a certificate is to have. */
export interface Names {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

interface Subtrees {
  readonly permitted: readonly Base[];
  readonly excluded: readonly Base[];
}

interface Base {
  readonly tag: number;
  readonly octets: Buffer;
}

/** Which of the names the constraints of these certificates (PEM) forbid below them (RFC 5280, 4.2.1.10). */
export function forbiddenNames(authorities: readonly string[], names: Names): string[] {
  const all = authorities.map(subtreesOf);
  const isForbidden = (tag: number, value: Buffer): boolean =>
    all.some((subtrees) => !permits(subtrees, tag, value));
  return [
    ...names.dnsNames.filter((name) => isForbidden(nameTags.dns, Buffer.from(name))),
    ...names.ipAddresses.filter((address) => isForbidden(nameTags.address, addressOctets(address))),
  ];
}

function permits({ permitted, excluded }: Subtrees, tag: number, value: Buffer): boolean {
  const ofKind = (bases: readonly Base[]): readonly Base[] => bases.filter((base) => base.tag === tag);
  if (ofKind(excluded).some((base) => isWithin(base, value))) return false;
  const limits = ofKind(permitted);
  return limits.length === 0 || limits.some((base) => isWithin(base, value));
}

function isWithin({ tag, octets }: Base, value: Buffer): boolean {
  return tag === nameTags.dns ? isSubdomain(octets.toString(), value.toString()) : isInRange(octets, value);
}

function isSubdomain(base: string, name: string): boolean {
  const domain = base.toLowerCase();
  if (domain === '' || domain.startsWith('.')) return name.endsWith(domain);
  return name === domain || name.endsWith(`.${domain}`);
}

/** The base is an address and then a mask. */
function isInRange(base: Buffer, address: Buffer): boolean {
  const { length } = address;
  if (base.length !== length * 2) return false;
  return address.every((octet, at) => {
    const mask = base[length + at] ?? 0;
    return (octet & mask) === ((base[at] ?? 0) & mask);
  });
}

function subtreesOf(pem: string): Subtrees {
  const value = certificateFields(new X509Certificate(pem)).extensions.get(oids.nameConstraints);
  const lists = value ? partsOf(fromDer(value)) : [];
  const basesOf = (tag: number): Base[] =>
    partsOf(lists.find((list) => contextTagOf(list) === tag)).map((subtree) => {
      const [name] = partsOf(subtree);
      return { tag: contextTagOf(name), octets: octetsOf(name) };
    });
  return { permitted: basesOf(0), excluded: basesOf(1) };
}
