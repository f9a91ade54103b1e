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

/** `NAME-ca`: the issued CA with its key, and the one that is to follow it. */
export function caSecret(
  registry: Registry,
  pair: CertificatePair,
  more: CaSecretDetails = {},
): Manifest<V1Secret> {
  const { next, annotations } = more;
  const name = objectNames(registry.metadata.name).ca;
  const data: Record<string, string> = next
    ? { [nextCa.certificate]: next.certificate, [nextCa.privateKey]: next.privateKey }
    : {};
  return annotated(tlsSecret(registry, name, pair, data), annotations);
}

export interface CaSecretDetails {
  readonly next?: CertificatePair | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Keys of a CA that clients are to trust before it is used. */
export const nextCa = { certificate: 'next.crt', privateKey: 'next.key' } as const;

/** `NAME-intermediate-ca`: the CA between the CA and the serving certificate, with its key. */
export function intermediateSecret(
  registry: Registry,
  pair: CertificatePair,
  annotations: Readonly<Record<string, string>> = {},
): Manifest<V1Secret> {
  return annotated(tlsSecret(registry, objectNames(registry.metadata.name).intermediate, pair), annotations);
}

/** `NAME-tls`: the serving certificate. */
export function servingSecret(
  registry: Registry,
  pair: CertificatePair,
  annotations: Readonly<Record<string, string>> = {},
): Manifest<V1Secret> {
  return annotated(tlsSecret(registry, objectNames(registry.metadata.name).tls, pair), annotations);
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

function annotated(
  manifest: Manifest<V1Secret>,
  annotations: Readonly<Record<string, string>> = {},
): Manifest<V1Secret> {
  if (Object.keys(annotations).length === 0) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
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
