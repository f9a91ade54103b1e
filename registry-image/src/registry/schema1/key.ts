import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

export type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'RS384' | 'RS512';

const curves: Readonly<Record<string, { name: string; algorithm: Algorithm }>> = {
  prime256v1: { name: 'P-256', algorithm: 'ES256' },
  secp384r1: { name: 'P-384', algorithm: 'ES384' },
  secp521r1: { name: 'P-521', algorithm: 'ES512' },
};

/** The algorithms that a public key can verify, the one it signs with first; none for a key that libtrust does not know. */
export function algorithmsOf(key: KeyObject): readonly Algorithm[] {
  if (key.asymmetricKeyType === 'rsa') return ['RS256', 'RS384', 'RS512'];
  const curve = key.asymmetricKeyType === 'ec' && curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return curve ? [curve.algorithm] : [];
}

/** A public key as JWK (RFC 7517) with libtrust's fingerprint as `kid`, its names in order. */
export function publicJwk(key: KeyObject): Record<string, unknown> {
  const fields = { ...publicOf(key).export({ format: 'jwk' }), kid: keyId(key) };
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** libtrust's name of a key: the first 240 bits of the SHA-256 of its SPKI form, in twelve groups of base32. */
export function keyId(key: KeyObject): string {
  const form = publicOf(key).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(form).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => base32[Number.parseInt(five, 2)]).join('');
  return (letters.match(/.{4}/g) ?? []).join(':');
}

function publicOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}
