import { X509Certificate } from 'node:crypto';
import { certificatesIn, isSelfSigned, rootOf } from './bundle.ts';
import { CertificateError } from './certificate-error.ts';
import { certificateFields } from './certificate-fields.ts';
import { type Asn1, dottedOf, fromDer, octetsOf, partsOf } from './der.ts';
import { checkPeriod, parsedKey } from './inspection.ts';
import type { Issuer } from './issuer.ts';
import { oids } from './oids.ts';
import { signatureAlgorithm } from './signature.ts';

/** A CA that somebody else made, in PEM. */
export interface AuthorityMaterial {
  /** `tls.crt`: the CA, then those above it, in order. */
  readonly certificate: string;
  /** `tls.key`. */
  readonly privateKey: string;
  /** `ca.crt`: what clients should trust, where `tls.crt` does not end with it. */
  readonly roots: string | undefined;
  /** How many CAs are to stand between it and a leaf. */
  readonly below: number;
  readonly now: Date;
}

const leastRsaBits = 2048;
const keyCertSign = 0x04;

/**
 * Checks that certificates can be issued from a CA that clients accept, and gives it as an issuer. Without a root among the material, what
 * clients trust is not known and `roots` is empty. Throws `CertificateError`, which names what is wrong.
 */
export function checkAuthority(material: AuthorityMaterial): Issuer {
  const { now, below } = material;
  const pems = certificatesIn(material.certificate, 'tls.crt');
  const given = material.roots?.trim() ? certificatesIn(material.roots, 'ca.crt') : [];
  const chain = pems.map((pem) => new X509Certificate(pem));
  checkKey(chain[0] as X509Certificate, material.privateKey);
  for (const [at, certificate] of chain.entries()) {
    const name = at === 0 ? 'the CA in tls.crt' : `certificate ${at + 1} in tls.crt`;
    checkIssuing(certificate, name);
    checkPeriod(certificate, name, now);
    checkPathLength(certificate, name, at + below);
    checkLink(certificate, chain[at + 1], at);
    checkStrength(certificate, name);
  }
  const roots = given.length > 0 ? given : pems.slice(-1).filter(isSelfSigned);
  if (given.length > 0 && rootOf(pems, given) === undefined)
    throw new CertificateError('no certificate in ca.crt issued the last one in tls.crt');
  const [certificate = ''] = pems;
  return {
    credentials: { certificate, privateKey: material.privateKey },
    chain: pems.filter((pem) => !isSelfSigned(pem)),
    roots,
  };
}

function checkKey(authority: X509Certificate, privateKey: string): void {
  const key = parsedKey(privateKey);
  if (!authority.checkPrivateKey(key))
    throw new CertificateError('tls.key is not the key of the first certificate in tls.crt');
  signatureAlgorithm(key);
}

function checkIssuing(certificate: X509Certificate, name: string): void {
  const { extensions } = certificateFields(certificate);
  // Node's own answer takes in the key usage.
  if ((octetsOf(constraintsOf(certificate)[0])[0] ?? 0) === 0)
    throw new CertificateError(`${name} is not a CA: it lacks basicConstraints with CA:TRUE`);
  const usage = extensions.get(oids.keyUsage);
  // The first octet counts unused bits.
  if (usage && ((octetsOf(fromDer(usage))[1] ?? 0) & keyCertSign) === 0)
    throw new CertificateError(`${name} may not issue certificates: its key usage lacks keyCertSign`);
  const extended = extensions.get(oids.extendedKeyUsage);
  const purposes = extended ? partsOf(fromDer(extended)).map(dottedOf) : [oids.serverAuth];
  if (!purposes.includes(oids.serverAuth) && !purposes.includes(oids.anyExtendedKeyUsage))
    throw new CertificateError(
      `${name} may not issue certificates of servers: its extended key usage lacks serverAuth`,
    );
}

function checkPathLength(certificate: X509Certificate, name: string, below: number): void {
  const limit = limitOf(certificate);
  if (limit < below)
    throw new CertificateError(
      `${name} has path length ${limit}, but ${below} intermediate ${below === 1 ? 'CA is' : 'CAs are'} to stand between it and the serving certificate`,
    );
}

/** How many CAs may stand between a CA (PEM) and a leaf; Infinity when it sets no limit. */
export function pathLengthOf(pem: string): number {
  return limitOf(new X509Certificate(pem));
}

function limitOf(certificate: X509Certificate): number {
  const [, length] = constraintsOf(certificate);
  if (length === undefined) return Number.POSITIVE_INFINITY;
  return Number.parseInt(octetsOf(length).toString('hex'), 16);
}

/** The parts of basicConstraints: whether it is a CA, and its path length. */
function constraintsOf(certificate: X509Certificate): readonly Asn1[] {
  const value = certificateFields(certificate).extensions.get(oids.basicConstraints);
  return value ? partsOf(fromDer(value)) : [];
}

function checkLink(certificate: X509Certificate, above: X509Certificate | undefined, at: number): void {
  if (above === undefined || (certificate.checkIssued(above) && certificate.verify(above.publicKey))) return;
  throw new CertificateError(
    `certificate ${at + 2} in tls.crt did not issue the one before it; order them from the CA up to its root`,
  );
}

/** Clients refuse short keys, and signatures with old digests unless on a root. */
function checkStrength(certificate: X509Certificate, name: string): void {
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < leastRsaBits)
    throw new CertificateError(
      `${name} has an RSA key of ${bits} bits; clients ask for ${leastRsaBits} at least`,
    );
  const algorithm = certificate.signatureAlgorithm ?? '';
  if (/md5|sha1(?!\d)/i.test(algorithm) && !certificate.checkIssued(certificate))
    throw new CertificateError(`${name} is signed with ${algorithm}, which clients refuse`);
}
