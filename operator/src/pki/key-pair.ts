import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** Sizes in bits of the RSA keys that are issued. */
export type RsaKeySize = 2048 | 3072 | 4096;

/** A key pair in PEM: SubjectPublicKeyInfo and PKCS #8. */
export interface KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A fresh RSA key pair, made off the main thread. */
export async function generateRsaKeyPair(keySize: RsaKeySize): Promise<KeyPair> {
  return generate('rsa', {
    modulusLength: keySize,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
