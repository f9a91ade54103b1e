import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistryProcessOptions } from '../../faults/registry-process.ts';
import { tokenKeys } from './token.ts';

/** Configurations of a registry; each check names the one that it needs. */
export const setupNames = [
  'standard',
  'read-only',
  'no deletion',
  'htpasswd',
  'slow htpasswd',
  'access rules',
  'token',
  'silly',
  'prefix',
  'relative',
  'url rules',
  'sparse',
  'schema 1',
  'health',
  'purge',
] as const;
export type SetupName = (typeof setupNames)[number];

export interface Setup extends RegistryProcessOptions {
  /** The store is the one of this other setup. */
  readonly storeOf?: SetupName;
}

/** User and password of every htpasswd setup, in the order of the file. */
export const users = { alice: 'alice-password', bob: 'bob-password' } as const;
/** bcrypt of cost 4 of the passwords above, then entries of other hashes, which nobody can use. */
const htpasswd = `alice:$2b$04$XFwNqr1GfJ/5LXSDT/y6y.EkaS2FlGVnQN6AD.693M3sKn7eHO8j6
bob:$2b$04$wFFqt4qIyM/yuBxGeo3YlOrgp0MazpDtF4UDfFvZNcpSJp96.lRDu
carol:$apr1$Z0HG0MnC$ZLr4lecBxSKosyXi8TkGI/
`;
/** One user whose hash takes long enough that checks of passwords pile up. */
const slowHtpasswd = `slow:$2b$08$5thGJW9XFnbT0m.I80XUw.qB3QAsW5lOU.yISXMQkePJpOiTxzlLK
`;

/** Directory of the files that the setups name, made when the first of them is written. */
const files = join(tmpdir(), `wharfinger-conformance-${randomUUID()}`);
export const healthFile: string = join(files, 'out-of-service');

function file(name: string, text: string): string {
  const path = join(files, name);
  mkdirSync(files, { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Removes the files that the setups were started with. */
export function removeSetupFiles(): void {
  rmSync(files, { recursive: true, force: true });
}

const basic = (): object => ({ htpasswd: { realm: 'conformance', path: file('htpasswd', htpasswd) } });

/** What the process of a setup is started with. */
export function setupOf(name: SetupName): Setup {
  return definitions[name]();
}

const definitions: Readonly<Record<SetupName, () => Setup>> = {
  standard: () => ({ http: { headers: { 'X-Conformance': ['a', 'b'] } } }),
  'read-only': () => ({
    storeOf: 'standard',
    storage: { delete: { enabled: true }, maintenance: { readonly: { enabled: true } } },
  }),
  'no deletion': () => ({ storage: { delete: { enabled: false } } }),
  htpasswd: () => ({ config: { auth: basic() } }),
  'slow htpasswd': () => ({
    config: { auth: { htpasswd: { realm: 'conformance', path: file('slow', slowHtpasswd) } } },
  }),
  'access rules': () => ({
    config: {
      auth: basic(),
      wharfinger: {
        access: [
          { anonymous: true, repositories: ['public/**'], actions: ['pull'] },
          { users: ['bob'], repositories: ['**'], actions: ['pull'] },
          { users: ['alice'], repositories: ['public/**', 'private/**'], actions: ['*'] },
        ],
      },
    },
  }),
  token: () => ({
    config: {
      auth: {
        token: {
          realm: 'https://auth.conformance/token',
          service: 'conformance',
          issuer: 'conformance issuer',
          jwks: file('jwks.json', JSON.stringify(tokenKeys.jwks)),
        },
      },
    },
  }),
  silly: () => ({ config: { auth: { silly: { realm: 'silly-realm', service: 'silly-service' } } } }),
  prefix: () => ({ http: { prefix: '/base/', host: 'https://registry.conformance:8443' } }),
  relative: () => ({ http: { relativeurls: true } }),
  'url rules': () => ({
    config: {
      validation: { manifests: { urls: { allow: ['^https://layers\\.example/'], deny: ['/secret/'] } } },
    },
  }),
  sparse: () => ({ config: { validation: { manifests: { indexes: { platforms: 'none' } } } } }),
  'schema 1': () => ({ config: { compatibility: { schema1: { enabled: true } } } }),
  health: () => ({
    config: { health: { file: [{ file: healthFile, interval: '200ms', threshold: 1 }] } },
  }),
  purge: () => ({
    storage: { maintenance: { uploadpurging: { enabled: true, age: '1s', interval: '1s' } } },
  }),
};
