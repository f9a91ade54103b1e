import { X509Certificate } from 'node:crypto';
import { type Asn1, oid, sequence, set, text } from './der.ts';
import { oids } from './oids.ts';

/** A distinguished name; text in any script. */
export interface Subject {
  readonly commonName: string;
  readonly country?: string | undefined;
  readonly locality?: string | undefined;
  readonly organization?: string | undefined;
}

/** RFC 5280, appendix A.1: ub-common-name. */
const maxCommonName = 64;

/** The Name in the order C, L, O, CN; a common name that is too long for X.509 is cut. */
export function distinguishedName(subject: Subject): Asn1 {
  return sequence(
    ...attribute(oids.countryName, 'printable', subject.country),
    ...attribute(oids.localityName, 'utf8', subject.locality),
    ...attribute(oids.organizationName, 'utf8', subject.organization),
    ...attribute(oids.commonName, 'utf8', cut(subject.commonName, maxCommonName)),
  );
}

/** The common name of the CA of a host; each later one of the same host differs, for clients that look for a CA by name alone. */
export function authorityName(hostname: string, generation: number): string {
  const suffix = generation === 1 ? ' CA' : ` CA ${generation}`;
  return cut(hostname, maxCommonName - suffix.length) + suffix;
}

/** The generation of a CA (PEM) that was named by `authorityName`; 1 for others. */
export function generationOf({ certificate }: { readonly certificate: string }): number {
  return Number(/^CN=.* CA (\d+)$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? 1);
}

function cut(value: string, length: number): string {
  return Array.from(value).slice(0, length).join('');
}

function attribute(type: string, kind: 'utf8' | 'printable', value: string | undefined): Asn1[] {
  return value === undefined ? [] : [set(sequence(oid(type), text(kind, value)))];
}
