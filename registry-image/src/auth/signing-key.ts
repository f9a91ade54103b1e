import { X509Certificate } from 'node:crypto';
import { verifiesChain } from './certificate-chain.ts';
import { libtrustName } from './key-names.ts';
import { algorithmsOf } from './signature-algorithms.ts';
import { publicKeyOf, type TokenKey, type TokenKeys } from './token-keys.ts';

/** The header of a token: whatever its sender wrote. */
interface TokenHeader {
  readonly alg?: unknown;
  readonly kid?: unknown;
  readonly x5c?: unknown;
  readonly jwk?: unknown;
}

/**
 * The trusted key that a token says it is signed with; undefined when there is none. As distribution does it: by `x5c` when it is there
 * (the chain must end at a certificate of the bundle), else by `jwk` (a trusted key, or one with such a chain), else by `kid`.
 */
export function signingKeyOf(header: TokenHeader, keys: TokenKeys): TokenKey | undefined {
  return candidatesFor(header, keys).find(({ algorithms }) => algorithms.some((name) => name === header.alg));
}

function candidatesFor({ kid, x5c, jwk }: TokenHeader, keys: TokenKeys): readonly TokenKey[] {
  if (Array.isArray(x5c) && x5c.length > 0) return keyOfChain(x5c, keys);
  if (jwk !== undefined) return keyOfJwk(jwk, keys);
  return typeof kid === 'string' ? (keys.byName.get(kid) ?? []) : [];
}

function keyOfChain(x5c: readonly unknown[], { roots }: TokenKeys): TokenKey[] {
  const chain = parseChain(x5c);
  const [leaf] = chain;
  if (!leaf || !verifiesChain({ chain, roots, now: new Date() })) return [];
  return [{ key: leaf.publicKey, algorithms: algorithmsOf(leaf.publicKey) }];
}

function keyOfJwk(jwk: unknown, keys: TokenKeys): readonly TokenKey[] {
  if (typeof jwk !== 'object' || jwk === null) return [];
  const key = publicKeyOf(jwk);
  if (!key || algorithmsOf(key).length === 0) return [];
  const { x5c } = jwk as { x5c?: unknown };
  if (!Array.isArray(x5c)) return keys.byName.get(libtrustName(key)) ?? [];
  return keyOfChain(x5c, keys).filter((leaf) => leaf.key.equals(key));
}

/** RFC 7515, 4.1.6: base64 (not base64url) of DER. Empty when one cannot be read. */
function parseChain(x5c: readonly unknown[]): X509Certificate[] {
  try {
    return x5c.map((der) => new X509Certificate(Buffer.from(String(der), 'base64')));
  } catch {
    return [];
  }
}
