import { createECDH, createPrivateKey, type KeyObject, randomBytes, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/index.ts';
import { algorithmsOf } from './key.ts';

/** Gives the private key that signs manifests of schema 1; the same one each time. */
export type SigningKey = () => Promise<KeyObject>;

/** The order of the curve P-256 (FIPS 186-4, D.1.2.3). */
const orderOfP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The key of `compatibility.schema1.signingkeyfile`, or one that is derived from `http.secret`: so all workers, and all
 * replicas that share the secret, sign with the same one.
 * @throws Error of one sentence when the file cannot be used
 */
export async function openSigningKey(config: Pick<Config, 'compatibility' | 'http'>): Promise<SigningKey> {
  const { signingkeyfile } = config.compatibility.schema1;
  if (signingkeyfile !== undefined) {
    const key = await readKey(signingkeyfile);
    return () => Promise.resolve(key);
  }
  let derived: Promise<KeyObject> | undefined;
  return () => (derived ??= deriveKey(config.http.secret ?? randomBytes(32).toString('hex')));
}

async function readKey(path: string): Promise<KeyObject> {
  const setting = 'compatibility.schema1.signingkeyfile';
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${setting}: the file ${path} cannot be read (${error.code})`);
  });
  const key = parseKey(text);
  // Nothing of the text: it holds a secret.
  if (!key || algorithmsOf(key).length === 0) {
    throw new Error(
      `${setting}: the file ${path} must hold a private RSA or EC key (P-256, P-384 or P-521), as PEM or JWK`,
    );
  }
  return key;
}

/** libtrust goes by the file's name; the content tells as well. */
function parseKey(text: string): KeyObject | undefined {
  try {
    if (!text.trimStart().startsWith('{')) return createPrivateKey(text);
    return createPrivateKey({ key: JSON.parse(text) as object, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/**
 * An EC key of P-256 from a secret. The public key is in every converted manifest, so a guess at the secret is made
 * slow (scrypt, RFC 7914). 16 bytes more than the order has make the reduction even (FIPS 186-4, B.4.1).
 */
async function deriveKey(secret: string): Promise<KeyObject> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    scrypt(secret, 'wharfinger schema 1 signing key', 48, { N: 2 ** 14 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
  const scalar = (BigInt(`0x${bytes.toString('hex')}`) % (orderOfP256 - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: d.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}
