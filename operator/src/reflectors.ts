import { garbageCollections } from './garbage-collection/kind.ts';
import * as builtin from './kube/builtin-kinds.ts';
import type { Discovery } from './kube/discovery.ts';
import { backendTlsPolicies, httpRoutes, tlsRoutes } from './kube/gateway-kinds.ts';
import type { Log } from './kube/log.ts';
import type { OptionalKind } from './kube/optional-kind.ts';
import { createOptionalReflector, type OptionalReflector } from './kube/optional-reflector.ts';
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
  type OptionalReflectors,
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
  transform?: (object: T) => T;
  indexes?: Indexes<T>;
  onNotServed?: () => void;
}

const managed = { labelSelector: managedSelector };

/** The caches of the operator: its own kinds, Secrets, ServiceAccounts, namespaces, and of the other kinds what carries our label. */
export function createReflectors(options: ReflectorsOptions): RegistryReflectors {
  const { transport, client, namespaces, log } = options;
  function follow<T extends KubeObject>(kind: ResourceKind<T>, restriction?: Restriction<T>): Reflector<T> {
    return createFollower(options, kind, restriction);
  }

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
    configMaps: follow(builtin.configMaps, { ...managed, indexes: sharedIndexes }),
    ingresses: follow(builtin.ingresses, managed),
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

/** The caches of kinds that the cluster may have or not. */
export function createOptionalReflectors(
  options: ReflectorsOptions,
  discovery: Discovery,
): OptionalReflectors {
  const { log } = options;
  function follow<T extends KubeObject>(kind: OptionalKind<T>): OptionalReflector<T> {
    const create = (served: ResourceKind<T>, onNotServed: () => void): Reflector<T> =>
      createFollower(options, served, { ...managed, onNotServed });
    return createOptionalReflector({ kind, discovery, create, log });
  }

  return {
    certificates: follow(certificates),
    httpRoutes: follow(httpRoutes),
    tlsRoutes: follow(tlsRoutes),
    backendTlsPolicies: follow(backendTlsPolicies),
  };
}

function createFollower<T extends KubeObject>(
  { transport, namespaces, log }: ReflectorsOptions,
  kind: ResourceKind<T>,
  restriction: Restriction<T> = {},
): Reflector<T> {
  const within = (namespace?: string): Reflector<T> =>
    createReflector({ transport, kind, namespace, log, ...restriction });
  if (namespaces.length === 0) return within();
  return joinReflectors(new Map(namespaces.map((namespace) => [namespace, within(namespace)])));
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
  readonly [Name in keyof RegistryReflectors]: RegistryReflectors[Name]['store'];
};

/** The stores behind the reflectors, by the same names. */
export function storesOf(reflectors: RegistryReflectors): Stores {
  const {
    registries: registry,
    garbageCollections: collection,
    configMaps,
    ingresses,
    namespaces,
    networkPolicies,
    pods,
  } = reflectors;
  const { persistentVolumeClaims, podDisruptionBudgets, secrets, services } = reflectors;
  const { serviceAccounts, statefulSets } = reflectors;
  return {
    registries: registry.store,
    garbageCollections: collection.store,
    configMaps: configMaps.store,
    ingresses: ingresses.store,
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
