import type { KeyObject } from 'node:crypto';
import type { JWTHeaderParameters } from 'jose';
import { libtrustName } from '../auth/key-names.ts';
import { issue, publicOf, sign } from '../auth/token-fixture.ts';
import { startServer, type TestServer } from './test-server.ts';

/** Keys of the bundle of the test servers. */
export const rsa = issue('RSA');
export const ec = issue('P-256');
export const ed = issue('Ed25519');
export const root = issue('P-384');
export const bundle = [rsa, ec, ed, root].map(({ pem }) => pem).join('');
export const tags = '/v2/team/app/tags/list';

/** @param extra more keys of auth.token */
export function yamlOf(extra = ''): string {
  const token = `realm: https://auth.example/token, service: service, issuer: issuer, rootcertbundle: /unused${extra}`;
  return `storage: {delete: {enabled: true}}\nauth: {token: {${token}}}`;
}

/** A registry that takes tokens of those keys. */
export async function start(extra = '', jwks: string | null = null): Promise<TestServer> {
  return startServer({
    yaml: yamlOf(extra),
    tokenKeys: { rootcertbundle: bundle, jwks },
  });
}

export function bearing(token: string): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** A token to pull team/app by the EC key, but for what is said. */
export function tokenOf(
  options: {
    key?: KeyObject | Uint8Array;
    header?: Partial<JWTHeaderParameters>;
    access?: readonly object[];
    claims?: Record<string, unknown>;
  } = {},
): Promise<string> {
  return sign({
    key: options.key ?? ec.key,
    header: { alg: 'ES256', kid: libtrustName(publicOf(ec)), ...options.header },
    access: options.access ?? [{ type: 'repository', name: 'team/app', actions: ['pull'] }],
    claims: options.claims,
  });
}
