import type { V1ConfigMap, V1Secret } from '@kubernetes/client-node';
import type { Registry } from '../api/registry.ts';
import { sharedLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { objectNames } from './names.ts';
import { type OwnedMetadata, ownedMetadata } from './owned-metadata.ts';
import { servicePort } from './services.ts';

/** An object in one of many namespaces. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * A Secret by which a kubelet, or a client in a pod, logs in.
 * @param url where clients outside the cluster find the registry
 */
export function pullSecret(registry: Registry, place: Place, login: Login, url: string): Manifest<V1Secret> {
  const { username, password } = login;
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const hosts = clientHosts(registry, url).map((host) => [host, { username, password, auth }]);
  const text = JSON.stringify({ auths: Object.fromEntries(hosts) as unknown });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: sharedMetadata(registry, place),
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
  };
}

/** The CA that clients in `place.namespace` should trust. */
export function sharedCa(registry: Registry, place: Place, certificate: string): Manifest<V1ConfigMap> {
  const metadata = sharedMetadata(registry, place);
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': certificate } };
}

/** `HOST[:PORT]` as image references begin: that of the URL, then those of the Service within the cluster. */
function clientHosts(registry: Registry, url: string): string[] {
  const { name, namespace } = registry.metadata;
  const port = servicePort(registry);
  const suffix = port === (registry.spec.tls.disabled ? 80 : 443) ? '' : `:${port}`;
  const inCluster = `${objectNames(name).service}.${namespace}.svc`;
  const hosts = [inCluster, `${inCluster}.cluster.local`].map((host) => `${host}${suffix}`);
  return [url.replace(/^https?:\/\//, ''), ...hosts];
}

/** No owner reference reaches into another namespace, so what is there is known by its labels. */
function sharedMetadata(registry: Registry, { namespace, name }: Place): Partial<OwnedMetadata> {
  const labels = sharedLabels(registry.metadata.namespace, registry.metadata.name);
  if (namespace === registry.metadata.namespace) return { ...ownedMetadata(registry, name), labels };
  return { name, namespace, labels };
}
