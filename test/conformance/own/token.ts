import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = publicKey.export({ format: 'jwk' });
const kid = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');

/** The public key of the tokens below. */
export const tokenKeys = { jwks: { keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] } };

export interface Grant {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A token for the setup `token`, signed with a key that it trusts unless claims or header say otherwise. */
export function tokenFor(access: readonly Grant[], claims: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const body = {
    iss: 'conformance issuer',
    aud: 'conformance',
    sub: 'someone',
    iat: now,
    nbf: now - 10,
    exp: now + 300,
    jti: String(now),
    access,
    ...claims,
  };
  const text = [{ typ: 'JWT', alg: 'ES256', kid }, body].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = sign('sha256', Buffer.from(text.join('.')), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `Bearer ${[...text, signature.toString('base64url')].join('.')}`;
}
