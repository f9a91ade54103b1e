import { isDeepStrictEqual } from 'node:util';
import type {
  ConfigMap,
  Ingress,
  Namespace,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
} from '../kube/builtin-kinds.ts';
import { mapped, owned, primary, type Source } from '../kube/controller.ts';
import type { Route } from '../kube/gateway-kinds.ts';
import type { OptionalReflector } from '../kube/optional-reflector.ts';
import { type Change, type Reflector, stripManagedFields } from '../kube/reflector.ts';
import { type KubeObject, type ObjectRef, refOf as referenceOf } from '../kube/resource.ts';
import { attachmentsOf } from '../resources/attachments.ts';
import { registryIdentities } from '../resources/identity.ts';
import { attachedAnnotation, instanceLabel, managedBy, managedByLabel } from '../resources/labels.ts';
import { leftoverOf } from './cert-manager/leftover.ts';
import { byIdentity, bySharing, sourceOf } from './indexes.ts';
import type { Certificate } from './cert-manager/kinds.ts';
import { registries, type ServedGarbageCollection, type ServedRegistry } from './kind.ts';
import { referredSecrets } from './referred-secrets.ts';

/** The reflectors behind `RegistryStores`. That of Secrets sees all of them, the other built-in kinds only what carries our label. */
export interface RegistryReflectors {
  readonly registries: Reflector<ServedRegistry>;
  readonly garbageCollections: Reflector<ServedGarbageCollection>;
  readonly configMaps: Reflector<ConfigMap>;
  readonly ingresses: Reflector<Ingress>;
  readonly namespaces: Reflector<Namespace>;
  readonly networkPolicies: Reflector<NetworkPolicy>;
  readonly persistentVolumeClaims: Reflector<PersistentVolumeClaim>;
  readonly podDisruptionBudgets: Reflector<PodDisruptionBudget>;
  readonly pods: Reflector<Pod>;
  readonly secrets: Reflector<Secret>;
  readonly services: Reflector<Service>;
  readonly serviceAccounts: Reflector<ServiceAccount>;
  readonly statefulSets: Reflector<StatefulSet>;
}

/** The reflectors behind `OptionalCaches`. */
export interface OptionalReflectors {
  readonly certificates: OptionalReflector<Certificate>;
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

/** `transform` of the reflector of ServiceAccounts, of which there is one in each namespace at least. */
export function pullingPart({
  apiVersion,
  kind,
  metadata,
  imagePullSecrets,
}: ServiceAccount): ServiceAccount {
  const { name, namespace, uid, resourceVersion } = metadata;
  const note = metadata.annotations?.[attachedAnnotation];
  const annotations = note === undefined ? undefined : { [attachedAnnotation]: note };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, annotations },
    imagePullSecrets,
  };
}

/** `transform` of the reflector of namespaces: what tells of consent. */
export function labelledPart({ apiVersion, kind, metadata }: Namespace): Namespace {
  const { name, uid, resourceVersion, labels, deletionTimestamp } = metadata;
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, labels, deletionTimestamp } };
}

/**
 * Everything whose changes concern a Registry.
 * @param isWatched whether Registries of a namespace are this operator's: what others gave away is none of its business
 */
export function registrySources(
  reflectors: RegistryReflectors,
  optional: OptionalReflectors,
  isWatched: (namespace: string) => boolean = () => true,
): Source[] {
  const { store } = reflectors.registries;
  const refOf = ({ metadata }: ServedRegistry): ObjectRef => ({
    namespace: metadata.namespace,
    name: metadata.name,
  });

  function givenBy(object: KubeObject): ObjectRef[] {
    const source = sourceOf(object);
    return source !== undefined && isWatched(source.namespace) ? [source] : [];
  }

  /** Those that have attached something to it, and those that wait for one of this name. */
  function attachingTo(account: ServiceAccount): ObjectRef[] {
    const sources = attachmentsOf(account).map(({ source }) => referenceOf(source));
    const waiting = store
      .byIndex(bySharing, '')
      .filter(({ spec }) =>
        spec.pullSecrets?.some((one) => one.serviceAccounts?.includes(account.metadata.name)),
      );
    return [...sources.filter(({ namespace = '' }) => isWatched(namespace)), ...waiting.map(refOf)];
  }

  /** Whoever has, had or gets the same name and port. */
  function rivals(registry: ServedRegistry): ObjectRef[] {
    return registryIdentities(registry).flatMap((identity) => store.byIndex(byIdentity, identity).map(refOf));
  }

  const consentMayDiffer = (change: Change<Namespace>): boolean =>
    change.type !== 'updated' ||
    change.previous.metadata.deletionTimestamp !== change.object.metadata.deletionTimestamp ||
    !isDeepStrictEqual(change.previous.metadata.labels, change.object.metadata.labels);

  function referringTo(secret: Secret): ObjectRef[] {
    const { namespace, name } = secret.metadata;
    return store
      .list(namespace)
      .filter((registry) => referredSecrets(registry).includes(name))
      .map(refOf);
  }

  return [
    primary(reflectors.registries),
    mapped(reflectors.registries, rivals),
    mapped(reflectors.namespaces, () => store.byIndex(bySharing, '').map(refOf), { when: consentMayDiffer }),
    mapped(reflectors.serviceAccounts, attachingTo),
    mapped(reflectors.configMaps, givenBy),
    mapped(reflectors.secrets, givenBy),
    mapped(reflectors.garbageCollections, ({ metadata, spec }) => [
      { namespace: metadata.namespace, name: spec.registryRef.name },
    ]),
    owned(reflectors.configMaps, registries),
    owned(reflectors.ingresses, registries),
    owned(reflectors.networkPolicies, registries),
    owned(reflectors.podDisruptionBudgets, registries),
    owned(reflectors.secrets, registries),
    mapped(reflectors.secrets, referringTo),
    mapped(reflectors.secrets, leftovers),
    owned(reflectors.services, registries),
    owned(reflectors.statefulSets, registries),
    owned(optional.certificates, registries),
    owned(optional.httpRoutes, registries),
    owned(optional.tlsRoutes, registries),
    owned(optional.backendTlsPolicies, registries),
    mapped(reflectors.pods, registryByLabel),
    mapped(reflectors.persistentVolumeClaims, registryByLabel),
  ];
}

function leftovers(secret: Secret): ObjectRef[] {
  const ref = leftoverOf(secret);
  return ref === undefined ? [] : [ref];
}

function registryByLabel({ metadata }: KubeObject): ObjectRef[] {
  const name = metadata.labels?.[instanceLabel];
  return name === undefined ? [] : [{ namespace: metadata.namespace, name }];
}
