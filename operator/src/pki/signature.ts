import type { KeyObject } from 'node:crypto';
import { CertificateError } from './certificate-error.ts';
import { type Asn1, nothing, oid, sequence } from './der.ts';
import { oids } from './oids.ts';

/** How a key signs certificates. */
export interface SignatureAlgorithm {
  /** AlgorithmIdentifier (RFC 5280, 4.1.1.2). */
  readonly identifier: Asn1;
  /** Name of the digest for `crypto.sign`; null where the algorithm has its own. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
}

const ofCurve: Readonly<
  Record<string, readonly [identifier: string, digest: 'sha256' | 'sha384' | 'sha512']>
> = {
  prime256v1: [oids.ecdsaWithSha256, 'sha256'],
  secp384r1: [oids.ecdsaWithSha384, 'sha384'],
  secp521r1: [oids.ecdsaWithSha512, 'sha512'],
};

/** Throws `CertificateError` for a key of a kind that clients do not accept from a CA. */
export function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  const type = key.asymmetricKeyType ?? 'unknown';
  // RFC 4055, 5: the parameters are NULL; RFC 5758, 3.2 and RFC 8410, 3: there are none.
  if (type === 'rsa') return { identifier: sequence(oid(oids.sha256WithRsa), nothing()), digest: 'sha256' };
  if (type === 'ed25519') return { identifier: sequence(oid(oids.ed25519)), digest: null };
  const curve = type === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  const known = ofCurve[curve ?? ''];
  if (known) return { identifier: sequence(oid(known[0])), digest: known[1] };
  const kind = curve === undefined ? type : `${type} with curve ${curve}`;
  throw new CertificateError(
    `tls.key is a key of kind ${kind}, which issues no certificates; use RSA, ECDSA with P-256, P-384 or P-521, or Ed25519`,
  );
}
