import { garbageCollections } from './garbage-collection/kind.ts';
import * as builtin from './kube/builtin-kinds.ts';
import type { Log } from './kube/log.ts';
import { createReflector, type Reflector } from './kube/reflector.ts';
import type { KubeObject, ResourceKind } from './kube/resource.ts';
import type { Indexes } from './kube/store.ts';
import type { Transport } from './kube/transport.ts';
import type { Client } from './kube/client.ts';
import { createPolledNamespaces } from './polled-namespaces.ts';
import { joinReflectors } from './joined-reflector.ts';
import { nodeTrusts } from './node-trust/kind.ts';
import type { NodeTrustReflectors } from './node-trust/sources.ts';
import { certificates } from './registry/cert-manager/kinds.ts';
import { registries } from './registry/kind.ts';
import type { RegistryStores } from './registry/stores.ts';
import { accountIndexes, bySharing, registryIndexes, sharedIndexes } from './registry/indexes.ts';
import {
  labelledPart,
  managedSelector,
  pullingPart,
  type RegistryReflectors,
  withoutForeignData,
} from './registry/sources.ts';

export interface ReflectorsOptions {
  transport: Transport;
  client: Pick<Client, 'find'>;
  /** None: all of them. */
  namespaces: readonly string[];
  log: Log;
}

interface Restriction<T> {
  labelSelector?: string;
  mayBeMissing?: boolean;
  transform?: (object: T) => T;
  indexes?: Indexes<T>;
}

/** The caches of the operator: its own kinds, Secrets, ServiceAccounts, namespaces, and of the other kinds what carries our label. */
export function createReflectors({
  transport,
  client,
  namespaces,
  log,
}: ReflectorsOptions): RegistryReflectors {
  function follow<T extends KubeObject>(
    kind: ResourceKind<T>,
    restriction: Restriction<T> = {},
  ): Reflector<T> {
    const within = (namespace?: string): Reflector<T> =>
      createReflector({ transport, kind, namespace, log, ...restriction });
    if (namespaces.length === 0) return within();
    return joinReflectors(new Map(namespaces.map((namespace) => [namespace, within(namespace)])));
  }

  const managed = { labelSelector: managedSelector };
  const registry = follow(registries, { indexes: registryIndexes });
  const consents =
    namespaces.length === 0
      ? createReflector({ transport, kind: builtin.namespaces, log, transform: labelledPart })
      : createPolledNamespaces({
          client,
          names: namespaces,
          needed: () => registry.store.byIndex(bySharing, '').length > 0,
          ready: registry.synced,
          transform: labelledPart,
          log,
        });
  return {
    registries: registry,
    garbageCollections: follow(garbageCollections),
    certificates: follow(certificates, { ...managed, mayBeMissing: true }),
    configMaps: follow(builtin.configMaps, { ...managed, indexes: sharedIndexes }),
    namespaces: consents,
    networkPolicies: follow(builtin.networkPolicies, managed),
    persistentVolumeClaims: follow(builtin.persistentVolumeClaims, managed),
    podDisruptionBudgets: follow(builtin.podDisruptionBudgets, managed),
    pods: follow(builtin.pods, managed),
    secrets: follow(builtin.secrets, { transform: withoutForeignData, indexes: sharedIndexes }),
    serviceAccounts: follow(builtin.serviceAccounts, { transform: pullingPart, indexes: accountIndexes }),
    services: follow(builtin.services, managed),
    statefulSets: follow(builtin.statefulSets, managed),
  };
}

/** The caches of what NodeTrusts need, beside those of Registries; their pods are in `namespace`. */
export function createNodeTrustReflectors(
  { transport, log }: Pick<ReflectorsOptions, 'transport' | 'log'>,
  namespace: string,
  shared: RegistryReflectors,
): NodeTrustReflectors {
  const { registries: registry, configMaps, services, secrets, pods } = shared;
  return {
    registries: registry,
    configMaps,
    services,
    secrets,
    pods,
    nodeTrusts: createReflector({ transport, kind: nodeTrusts, log }),
    daemonSets: createReflector({
      transport,
      kind: builtin.daemonSets,
      namespace,
      log,
      labelSelector: managedSelector,
    }),
  };
}

type Stores = RegistryStores & {
  readonly [Name in Exclude<keyof RegistryReflectors, 'certificates'>]: RegistryReflectors[Name]['store'];
};

/** The stores behind the reflectors, by the same names. */
export function storesOf(reflectors: RegistryReflectors): Stores {
  const {
    registries: registry,
    garbageCollections: collection,
    certificates: certificate,
    configMaps,
    namespaces,
    networkPolicies,
    pods,
  } = reflectors;
  const { persistentVolumeClaims, podDisruptionBudgets, secrets, services } = reflectors;
  const { serviceAccounts, statefulSets } = reflectors;
  return {
    registries: registry.store,
    garbageCollections: collection.store,
    certificates: { get: (ref) => certificate.store.get(ref), follow: () => certificate.start() },
    configMaps: configMaps.store,
    namespaces: namespaces.store,
    networkPolicies: networkPolicies.store,
    persistentVolumeClaims: persistentVolumeClaims.store,
    podDisruptionBudgets: podDisruptionBudgets.store,
    pods: pods.store,
    secrets: secrets.store,
    serviceAccounts: serviceAccounts.store,
    services: services.store,
    statefulSets: statefulSets.store,
  };
}
