import type { TrustedRegistry } from '../api/node-trust.ts';
import type { Service } from '../kube/builtin-kinds.ts';
import type { ServedRegistry } from '../registry/kind.ts';
import { objectNames } from '../resources/names.ts';
import { secretText } from '../resources/secrets.ts';
import type { NodeTrustStores } from './stores.ts';
import type { RegistryFacts } from './trusted-host.ts';

/** What the caches know of a Registry that a NodeTrust names; undefined when it is not there, or goes. */
export function registryFacts(
  stores: NodeTrustStores,
  { namespace, name }: TrustedRegistry,
): RegistryFacts | undefined {
  const registry = stores.registries.get({ namespace, name });
  if (registry === undefined || registry.metadata.deletionTimestamp !== undefined) return undefined;
  const caName = registry.status?.caRef?.name;
  const ca = caName === undefined ? undefined : stores.configMaps.get({ namespace, name: caName });
  const own = ownSecretName(registry);
  const tls = own === undefined ? undefined : stores.secrets.get({ namespace, name: own });
  return {
    registry,
    ca: ca?.data?.['ca.crt'],
    service: serviceAddress(stores.services.get({ namespace, name: objectNames(name).service })),
    certificate: secretText(tls, 'tls.crt'),
  };
}

/** One that the user brought is known by its name alone. What another source left behind is not served; the spec may be without its defaults. */
function ownSecretName({ metadata, spec }: ServedRegistry): string | undefined {
  const tls = (spec as Partial<ServedRegistry['spec']>).tls ?? {};
  const { secretName, disabled, certManager } = tls as Partial<ServedRegistry['spec']['tls']>;
  if (secretName !== undefined || disabled) return undefined;
  const names = objectNames(metadata.name);
  return certManager ? names.certManagerTls : names.tls;
}

function serviceAddress(service: Service | undefined): RegistryFacts['service'] {
  const { clusterIP: ip, ports = [] } = service?.spec ?? {};
  const port = ports.find(({ name }) => name === 'registry')?.port;
  return !ip || ip === 'None' || port === undefined ? undefined : { ip, port };
}
