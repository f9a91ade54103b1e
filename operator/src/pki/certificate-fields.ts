import { createHash, type X509Certificate } from 'node:crypto';
import { type Asn1, contextTagOf, dottedOf, fromDer, octetsOf, partsOf } from './der.ts';
import { oids } from './oids.ts';

/** What Node does not tell of a certificate. */
export interface CertificateFields {
  /** The Name, as it was encoded. */
  readonly subject: Asn1;
  /** subjectKeyIdentifier, or what RFC 5280, 4.2.1.2 (1) computes where a certificate has none. */
  readonly keyIdentifier: Buffer;
  /** DER of the value of an extension by its object identifier. */
  readonly extensions: ReadonlyMap<string, Buffer>;
}

/** Reads the DER of a certificate. */
export function certificateFields(certificate: X509Certificate): CertificateFields {
  const fields = partsOf(partsOf(fromDer(certificate.raw))[0]);
  // Version 1 is not written down.
  const first = contextTagOf(fields[0]) === 0 ? 1 : 0;
  const subject = fields[first + 4] as Asn1;
  const extensions = extensionsOf(fields.find((field, at) => at > first + 5 && contextTagOf(field) === 3));
  const own = extensions.get(oids.subjectKeyIdentifier);
  return {
    subject,
    keyIdentifier: own ? octetsOf(fromDer(own)) : keyIdentifier(fields[first + 5]),
    extensions,
  };
}

/** SHA-1 of the public key in a SubjectPublicKeyInfo (RFC 5280, 4.2.1.2, method 1). */
export function keyIdentifier(publicKeyInfo: Asn1 | undefined): Buffer {
  // The first octet counts unused bits.
  const bits = octetsOf(partsOf(publicKeyInfo)[1]).subarray(1);
  return createHash('sha1').update(bits).digest();
}

function extensionsOf(field: Asn1 | undefined): Map<string, Buffer> {
  const list = partsOf(partsOf(field)[0]).map((extension) => {
    const parts = partsOf(extension);
    return [dottedOf(parts[0]), octetsOf(parts.at(-1))] as const;
  });
  return new Map(list);
}
