import type { V1Secret } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { HtpasswdUser } from '../api/registry-auth.ts';
import type { Registry } from '../api/registry.ts';
import { rotationAnnotation, userLabel } from './labels.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';

/** Certificate and key in PEM, as in a Secret of type kubernetes.io/tls. */
export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** `NAME-ca`: the issued CA with its key. */
export function caSecret(registry: Registry, pair: CertificatePair): Manifest<V1Secret> {
  return tlsSecret(registry, objectNames(registry.metadata.name).ca, pair);
}

/** `NAME-tls`: the serving certificate. */
export function servingSecret(registry: Registry, pair: CertificatePair): Manifest<V1Secret> {
  return tlsSecret(registry, objectNames(registry.metadata.name).tls, pair);
}

/** `NAME-internal-tls`: the certificate of the state endpoint, and the CA of the clients it answers. */
export function internalTlsSecret(
  registry: Registry,
  pair: CertificatePair,
  clientCa: string,
): Manifest<V1Secret> {
  return tlsSecret(registry, objectNames(registry.metadata.name).internalTls, pair, { 'ca.crt': clientCa });
}

/** `NAME-htpasswd`: the file of bcrypt entries. */
export function htpasswdSecret(registry: Registry, file: string): Manifest<V1Secret> {
  return secret(registry, objectNames(registry.metadata.name).htpasswd, 'Opaque', { htpasswd: file });
}

/** `NAME-http`: `http.secret` of all replicas. */
export function httpSecret(registry: Registry, value: string): Manifest<V1Secret> {
  return secret(registry, objectNames(registry.metadata.name).http, 'Opaque', { secret: value });
}

/** Key of `NAME-user-USER`: the password that is to take the place of `password`, once every pod knows it. */
export const nextPasswordKey = 'next-password';

/** `NAME-user-USER`: a user with a generated password. */
export function userSecret(registry: Registry, user: HtpasswdUser, password: string): Manifest<V1Secret> {
  const name = objectNames(registry.metadata.name).user(user.name);
  const made = secret(registry, name, 'kubernetes.io/basic-auth', { username: user.name, password });
  const labels = { ...made.metadata?.labels, [userLabel]: 'generated' };
  const annotations = user.rotation === undefined ? undefined : { [rotationAnnotation]: user.rotation };
  return { ...made, metadata: { ...made.metadata, labels, annotations } };
}

/** The text of one key of a Secret as the API server answers it, or undefined. */
export function secretText(
  secret: { data?: Record<string, string> } | undefined,
  key: string,
): string | undefined {
  const encoded = secret?.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

function tlsSecret(
  registry: Registry,
  name: string,
  pair: CertificatePair,
  more: Record<string, string> = {},
): Manifest<V1Secret> {
  const data = { 'tls.crt': pair.certificate, 'tls.key': pair.privateKey, ...more };
  return secret(registry, name, 'kubernetes.io/tls', data);
}

function secret(
  registry: Registry,
  name: string,
  type: string,
  text: Record<string, string>,
): Manifest<V1Secret> {
  const data = Object.fromEntries(
    Object.entries(text).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: ownedMetadata(registry, name), type, data };
}
