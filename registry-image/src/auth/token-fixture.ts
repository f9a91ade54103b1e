import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTHeaderParameters, SignJWT } from 'jose';

/** A certificate made by openssl, with its private key. */
export interface Issued {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  readonly pem: string;
}

const keyTypes = {
  RSA: ['rsa:2048'],
  'P-256': ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'],
  'P-521': ['ec', '-pkeyopt', 'ec_paramgen_curve:secp521r1'],
  Ed25519: ['ed25519'],
  weak: ['rsa:1024'],
} as const;
type KeyType = keyof typeof keyTypes;

const withoutIdentifiers = ['subjectKeyIdentifier', 'authorityKeyIdentifier'].flatMap((name) => {
  return ['-addext', `${name}=none`];
});

/**
 * A new key with its certificate: self-signed, or by `options.by`.
 * @param options.constraints of the extension basicConstraints
 * @param options.days of its life
 * @param options.name its common name; one that is given goes without the identifiers that would tell it from a namesake
 */
export function issue(
  type: KeyType,
  options: { by?: Issued; constraints?: string; days?: number; name?: string } = {},
): Issued {
  const { by, constraints = 'CA:TRUE', days = 2 } = options;
  const directory = mkdtempSync(join(tmpdir(), 'wharfinger-token-'));
  const path = (name: string): string => join(directory, name);
  try {
    if (by) {
      writeFileSync(path('ca.crt'), by.pem);
      writeFileSync(path('ca.key'), by.key.export({ type: 'pkcs8', format: 'pem' }));
    }
    const name = options.name ?? `issued-${Math.random().toString(36).slice(2)}`;
    writeFileSync(path('plain.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
    const openssl = [
      ['req', '-x509', '-newkey', ...keyTypes[type], '-nodes', '-subj', `/CN=${name}`],
      ['-keyout', path('key'), '-out', path('crt'), '-addext', `basicConstraints=critical,${constraints}`],
      ['-days', String(days)],
      options.name === undefined ? [] : ['-config', path('plain.cnf')].concat(withoutIdentifiers),
      by ? ['-CA', path('ca.crt'), '-CAkey', path('ca.key')] : [],
    ].flat();
    execFileSync('openssl', openssl, { stdio: ['ignore', 'ignore', 'pipe'] });
    const pem = readFileSync(path('crt'), 'utf8');
    return {
      pem,
      key: createPrivateKey(readFileSync(path('key'), 'utf8')),
      certificate: new X509Certificate(pem),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const publicOf = ({ key }: Issued): KeyObject => createPublicKey(key);
/** As it stands in `x5c`. */
export const derOf = ({ certificate }: Issued): string => certificate.raw.toString('base64');

/** A token that is good for everything in `access`, but for what `claims` says. */
export function sign(options: {
  key: KeyObject | Uint8Array;
  header: JWTHeaderParameters;
  access?: readonly object[];
  claims?: Record<string, unknown>;
}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'issuer', aud: 'service', sub: 'ci', exp: now + 100, ...options.claims };
  return new SignJWT({ access: options.access ?? [], ...claims })
    .setProtectedHeader(options.header)
    .sign(options.key);
}
