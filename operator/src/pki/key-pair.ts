import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** Algorithm and bits of a key that is made. */
export type KeySpec =
  | { readonly algorithm: 'RSA'; readonly size: 2048 | 3072 | 4096 }
  | { readonly algorithm: 'ECDSA'; readonly size: 256 | 384 };

/** A key pair in PEM: SubjectPublicKeyInfo and PKCS #8. */
export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;

const curves = { 256: 'prime256v1', 384: 'secp384r1' } as const;

/** A fresh key pair, made off the main thread. */
export async function makeKeyPair(spec: KeySpec): Promise<KeyPair> {
  if (spec.algorithm === 'RSA') return generate('rsa', { modulusLength: spec.size, ...encodings });
  return generate('ec', { namedCurve: curves[spec.size], ...encodings });
}

/** Whether a public key is of this algorithm and size. */
export function isOfSpec(key: KeyObject, spec: KeySpec): boolean {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (spec.algorithm === 'RSA') return key.asymmetricKeyType === 'rsa' && modulusLength === spec.size;
  return key.asymmetricKeyType === 'ec' && namedCurve === curves[spec.size];
}
