import type { Registry } from '../api/registry.ts';
import { registryUrl } from './services.ts';

/** A Registry whose spec may lack its defaults, as an API server with an older definition answers it. */
export type RawRegistry = Pick<Registry, 'metadata' | 'spec'>;

/**
 * `HOST:PORT` by which clients know the registry, first: they keep credentials, trust and image names by it, so no two Registries may have
 * the same. Then that which an Ingress or Gateway takes for it, when spec.externalURL names another. None for a node port that the cluster
 * chooses (it chooses none twice), and for a URL that cannot be read.
 */
export function registryIdentities(registry: RawRegistry): string[] {
  const { spec } = registry;
  // A status or a spec of another version must not break the index of all.
  const service = { type: 'ClusterIP' as const, ...(spec?.service as Partial<Registry['spec']['service']>) };
  if (typeof spec?.hostname !== 'string') return [];
  const filled = { ...registry, spec: { ...spec, tls: spec.tls ?? {}, service } } as Registry;
  const isBehindProxy = spec.ingress !== undefined || spec.gateway !== undefined;
  const isKnown = spec.externalURL !== undefined || isBehindProxy;
  if (!isKnown && service.type === 'NodePort' && service.nodePort === undefined) return [];
  const urls = [
    spec.externalURL ?? registryUrl(filled),
    ...(isBehindProxy ? [registryUrl({ ...filled, spec: { ...filled.spec, externalURL: undefined } })] : []),
  ];
  return [...new Set(urls.flatMap((url) => identityOfUrl(url) ?? []))];
}

/** The identity behind `status.url`. */
export function identityOfUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'http:' ? '80' : '443') : port}`;
}
