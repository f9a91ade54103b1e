import type { KeyObject } from 'node:crypto';

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/** JOSE's names of the algorithms that a public key can verify safely (RFC 7518, 3.3: RSA of 2048 bits or more); none for other keys. */
export function algorithmsOf(key: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.type !== 'public') return [];
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) return rsaAlgorithms;
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA'];
  const algorithm = key.asymmetricKeyType === 'ec' ? curveAlgorithms[namedCurve] : undefined;
  return algorithm === undefined ? [] : [algorithm];
}
