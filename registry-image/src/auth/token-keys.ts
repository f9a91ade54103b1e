import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import { namesOfKey } from './key-names.ts';
import { algorithmsOf } from './signature-algorithms.ts';

/** Contents of the files with the keys that sign tokens; null: the file is not configured. */
export interface TokenKeyTexts {
  readonly rootcertbundle: string | null;
  readonly jwks: string | null;
}

/** A public key and the algorithms that it may be used with. */
export interface TokenKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

export interface TokenKeys {
  /** What a chain of certificates must end at. */
  readonly roots: readonly X509Certificate[];
  readonly byName: ReadonlyMap<string, readonly TokenKey[]>;
  /** What cannot be used, one sentence each. */
  readonly problems: readonly string[];
}

/** Reads the keys. Throws an error of one sentence that names the setting when a file is wrong, or when no key is left. */
export function parseTokenKeys(texts: TokenKeyTexts): TokenKeys {
  const byName = new Map<string, TokenKey[]>();
  const problems: string[] = [];

  function add(key: KeyObject, where: string, jwk: JWK = {}): void {
    const algorithms = algorithmsOf(key).filter((name) => jwk.alg === undefined || jwk.alg === name);
    if (algorithms.length === 0) {
      problems.push(
        `${where}: no token can be verified with this key; RSA of 2048 bits or more, P-256, P-384, P-521 and Ed25519 can be used`,
      );
      return;
    }
    const kid = typeof jwk.kid === 'string' ? [jwk.kid] : [];
    for (const name of new Set([...kid, ...namesOfKey(key)])) {
      byName.set(name, [...(byName.get(name) ?? []), { key, algorithms }]);
    }
  }

  const roots = texts.rootcertbundle === null ? [] : parseBundle(texts.rootcertbundle);
  for (const [index, root] of roots.entries()) {
    add(root.publicKey, `auth.token.rootcertbundle: certificate ${index + 1}`);
  }
  for (const [index, jwk] of (texts.jwks === null ? [] : parseJwks(texts.jwks)).entries()) {
    const where = `auth.token.jwks: key ${index + 1}`;
    const key = publicKeyOf(jwk);
    if (jwk.use === 'enc') problems.push(`${where}: is for encryption, so no token can be verified with it`);
    else if (key) add(key, where, jwk);
    else problems.push(`${where}: is no public key that can be read (symmetric keys are never used)`);
  }
  if (byName.size === 0) {
    throw new Error(['auth.token: there is no key to verify tokens with', ...problems].join('; '));
  }
  return { roots, byName, problems };
}

function parseBundle(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new Error('auth.token.rootcertbundle: there is no PEM certificate in the file');
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`auth.token.rootcertbundle: certificate ${index + 1} in the file cannot be read`);
    }
  });
}

function parseJwks(text: string): JWK[] {
  const keys = keysOf(text);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'object' && key !== null)) {
    throw new Error(
      'auth.token.jwks: the file is not a JSON object with a list "keys" (RFC 7517, section 5)',
    );
  }
  return keys as JWK[];
}

function keysOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { keys?: unknown } | null)?.keys;
  } catch {
    return undefined;
  }
}

/** The public half of a JWK; undefined when there is none. */
export function publicKeyOf(jwk: JWK): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
