import type {
  ConfigMap,
  Ingress,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  StatefulSet,
} from '../kube/builtin-kinds.ts';
import { mapped, owned, primary, type Source } from '../kube/controller.ts';
import type { Route } from '../kube/gateway-kinds.ts';
import type { OptionalReflector } from '../kube/optional-reflector.ts';
import { type Reflector, stripManagedFields } from '../kube/reflector.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import { instanceLabel, managedBy, managedByLabel } from '../resources/labels.ts';
import { registries, type ServedGarbageCollection, type ServedRegistry } from './kind.ts';
import { referredSecrets } from './referred-secrets.ts';

/** The reflectors behind `RegistryStores`. That of Secrets sees all of them, the other built-in kinds only what carries our label. */
export interface RegistryReflectors {
  readonly registries: Reflector<ServedRegistry>;
  readonly garbageCollections: Reflector<ServedGarbageCollection>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly ingresses: Reflector<Ingress>;
  readonly networkPolicies: Reflector<NetworkPolicy>;
  readonly persistentVolumeClaims: Reflector<PersistentVolumeClaim>;
  readonly podDisruptionBudgets: Reflector<PodDisruptionBudget>;
  readonly pods: Reflector<Pod>;
  readonly secrets: Reflector<Secret>;
  readonly services: Reflector<Service>;
  readonly statefulSets: Reflector<StatefulSet>;
}

/** The caches behind `GatewayApi`. */
export interface GatewayReflectors {
  readonly httpRoutes: OptionalReflector<Route>;
  readonly tlsRoutes: OptionalReflector<Route>;
  readonly backendTlsPolicies: OptionalReflector<KubeObject>;
}

/** Label selector of the reflectors of built-in kinds, but for Secrets. */
export const managedSelector = `${managedByLabel}=${managedBy}`;

/**
 * `transform` of the reflector of Secrets: what others made is known by name and version only. What is ours shows in its owner too,
 * because people and tools that label things anew take our label off.
 */
export function withoutForeignData(secret: Secret): Secret {
  const stripped = stripManagedFields(secret);
  const isLabelled = secret.metadata.labels?.[managedByLabel] === managedBy;
  if (isLabelled || secret.metadata.ownerReferences?.some(isRegistry)) return stripped;
  const { data: _data, ...rest } = stripped;
  return { ...rest, metadata: { ...rest.metadata, annotations: undefined } };
}

function isRegistry(owner: { apiVersion: string; kind: string }): boolean {
  return owner.apiVersion === registries.apiVersion && owner.kind === registries.kind;
}

/** Everything whose changes concern a Registry. */
export function registrySources(reflectors: RegistryReflectors, gateway: GatewayReflectors): Source[] {
  const { store } = reflectors.registries;

  function referringTo(secret: Secret): ObjectRef[] {
    const { namespace, name } = secret.metadata;
    return store
      .list(namespace)
      .filter((registry) => referredSecrets(registry).includes(name))
      .map(({ metadata }) => ({ namespace: metadata.namespace, name: metadata.name }));
  }

  return [
    primary(reflectors.registries),
    mapped(reflectors.garbageCollections, ({ metadata, spec }) => [
      { namespace: metadata.namespace, name: spec.registryRef.name },
    ]),
    owned(reflectors.configMaps, registries),
    owned(reflectors.ingresses, registries),
    owned(reflectors.networkPolicies, registries),
    owned(reflectors.podDisruptionBudgets, registries),
    owned(reflectors.secrets, registries),
    mapped(reflectors.secrets, referringTo),
    owned(reflectors.services, registries),
    owned(reflectors.statefulSets, registries),
    owned(gateway.httpRoutes, registries),
    owned(gateway.tlsRoutes, registries),
    owned(gateway.backendTlsPolicies, registries),
    mapped(reflectors.pods, registryByLabel),
    mapped(reflectors.persistentVolumeClaims, registryByLabel),
  ];
}

function registryByLabel({ metadata }: KubeObject): ObjectRef[] {
  const name = metadata.labels?.[instanceLabel];
  return name === undefined ? [] : [{ namespace: metadata.namespace, name }];
}
