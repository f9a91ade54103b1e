import type { V1Ingress, V1IngressTLS } from '@kubernetes/client-node';
import type { Manifest } from './manifest.ts';
import type { RegistryIngress } from '../api/registry-ingress.ts';
import type { Registry } from '../api/registry.ts';
import { objectNames } from './names.ts';
import { ownedMetadata } from './owned-metadata.ts';
import { servingSecretName } from './serving-secret.ts';

/** What tells the usual controllers that the pods speak TLS; those that they do not know they leave alone. */
const encryptedBackend = {
  'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
  'haproxy-ingress.github.io/backend-protocol': 'h1-ssl',
  'haproxy.org/server-ssl': 'true',
};

/** What tells the usual controllers to hand connections on as they are. */
const handedOn = {
  'nginx.ingress.kubernetes.io/ssl-passthrough': 'true',
  'haproxy-ingress.github.io/ssl-passthrough': 'true',
  'haproxy.org/ssl-passthrough': 'true',
};

/** `NAME`: the Ingress, or undefined when the spec asks for none. */
export function ingress(registry: Registry): Manifest<V1Ingress> | undefined {
  const wanted = registry.spec.ingress;
  if (wanted === undefined) return undefined;
  const names = objectNames(registry.metadata.name);
  const { className, pathType } = wanted;
  const backend = { service: { name: names.service, port: { name: 'registry' } } };
  const tls = tlsOf(registry, wanted);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...ownedMetadata(registry, names.route),
      annotations: { ...hints(registry, wanted), ...wanted.annotations },
    },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      rules: [{ host: registry.spec.hostname, http: { paths: [{ path: '/', pathType, backend }] } }],
      ...(tls === undefined ? {} : { tls: [tls] }),
    },
  };
}

function hints({ spec }: Registry, { tls }: RegistryIngress): Record<string, string> {
  if (tls === 'Passthrough') return handedOn;
  return spec.tls.disabled ? {} : encryptedBackend;
}

/** Without a Secret the controller serves its default certificate. */
function tlsOf(registry: Registry, wanted: RegistryIngress): Manifest<V1IngressTLS> | undefined {
  if (wanted.tls === 'Passthrough') return undefined;
  const secretName = wanted.tlsSecretName ?? servingSecretName(registry);
  return { hosts: [registry.spec.hostname], ...(secretName === undefined ? {} : { secretName }) };
}
