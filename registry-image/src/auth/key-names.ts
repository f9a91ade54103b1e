import { createECDH, createHash, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/**
 * The names (`kid`) under which token servers speak of a public key: libtrust's fingerprint (distribution 2 and the token servers
 * made for it), the JWK thumbprint of RFC 7638 (distribution 3), and what distribution 3 takes for that of an EC key.
 */
export function namesOfKey(key: KeyObject): string[] {
  const jwk = key.export({ format: 'jwk' });
  return [libtrustName(key), thumbprint(jwk), ...(jwk.kty === 'EC' ? [generatorThumbprint(key, jwk)] : [])];
}

/** 240 bits of the SHA-256 of the key's SubjectPublicKeyInfo in base32, in twelve groups of four characters. */
export function libtrustName(key: KeyObject): string {
  const hash = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  const digits = BigInt(`0x${hash.slice(0, 60)}`)
    .toString(32)
    .padStart(48, '0');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const base32 = digits.replace(/./g, (digit) => alphabet[parseInt(digit, 32)] ?? '');
  return base32.match(/.{4}/g)?.join(':') ?? '';
}

/** RFC 7638, section 3: the required members in lexical order. */
function thumbprint({ crv, e, kty, n, x, y }: JWK): string {
  const required = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

/** The thumbprint over the base point of the key's curve in place of its own point. */
function generatorThumbprint(key: KeyObject, { crv, kty }: JWK): string {
  const ecdh = createECDH(key.asymmetricKeyDetails?.namedCurve ?? '');
  ecdh.setPrivateKey('01'.padStart(64, '0'), 'hex');
  const point = ecdh.getPublicKey();
  const half = (point.length - 1) / 2;
  const [x, y] = [point.subarray(1, half + 1), point.subarray(half + 1)].map((coordinate) => {
    const first = coordinate.findIndex((byte) => byte !== 0);
    return coordinate.subarray(first).toString('base64url');
  });
  return thumbprint({ crv, kty, x, y });
}
