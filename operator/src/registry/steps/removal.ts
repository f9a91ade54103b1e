import { configMaps, ingresses, podDisruptionBudgets, secrets } from '../../kube/builtin-kinds.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../kube/resource.ts';
import { backendTlsPolicy } from '../../resources/gateway-route.ts';
import { objectNames } from '../../resources/names.ts';
import { podDisruptionBudget } from '../../resources/pod-disruption-budget.ts';
import type { OptionalCache } from '../optional-caches.ts';
import { isOrphan, isOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';
import type { RoutedTo } from './routes.ts';
import { mayBeMounted, surplusSecrets } from '../surplus-secrets.ts';

/**
 * Deletes what the spec no longer asks for, if this Registry made it and no pod mounts it, nor would when it is replaced. The CA stays: clients
 * trust it; so does a generated password that the spec has come to name as one of the user's own.
 */
export async function removal(context: StepContext, { certificate, stays }: RoutedTo): Promise<void> {
  const { registry, stores } = context;
  const { name, namespace } = registry.metadata;
  const names = objectNames(name);
  for (const secret of surplusSecrets(context)) await remove(context, secrets, secret);
  if (podDisruptionBudget(registry) === undefined) {
    await remove(context, podDisruptionBudgets, stores.podDisruptionBudgets.get({ namespace, name }));
  }
  if (registry.spec.ingress === undefined)
    await remove(context, ingresses, stores.ingresses.get({ namespace, name: names.route }));
  await removeRoutes(context, stays);
  if (certificate.ok) await removeCertManagers(context);
  if (certificate.ok && !stays && certificate.value?.caName === undefined)
    await remove(context, configMaps, stores.configMaps.get({ namespace, name: names.ca }));
}

async function removeRoutes(context: StepContext, stays: boolean): Promise<void> {
  const { registry, optional } = context;
  const { namespace, name } = registry.metadata;
  const ref = { namespace, name: objectNames(name).route };
  const wanted = registry.spec.gateway?.route;
  const isUnwanted: [OptionalCache<KubeObject>, boolean][] = [
    [optional.httpRoutes, wanted !== 'HTTPRoute'],
    [optional.tlsRoutes, wanted !== 'TLSRoute'],
    [
      optional.backendTlsPolicies,
      wanted !== 'HTTPRoute' || (!stays && backendTlsPolicy(registry, undefined) === undefined),
    ],
  ];
  for (const [cache, unwanted] of isUnwanted) if (unwanted) await removeOptional(context, cache, ref);
}

/** Answers whether there was nothing to delete. */
async function removeOptional(
  context: StepContext,
  cache: OptionalCache<KubeObject>,
  ref: ObjectRef,
): Promise<boolean> {
  const live = cache.store.get(ref);
  const kind = live && (await cache.served());
  if (kind) await remove(context, kind, live);
  return live === undefined;
}

/** Once no pod mounts it. The Secret goes after its Certificate: cert-manager would issue it once more. */
async function removeCertManagers(context: StepContext): Promise<void> {
  const { registry, stores, optional } = context;
  const { name, namespace } = registry.metadata;
  const names = objectNames(name);
  if (registry.spec.tls.certManager || mayBeMounted(context, names.certManagerTls)) return;
  const certificate = { namespace, name: names.certManagerCertificate };
  if (!(await removeOptional(context, optional.certificates, certificate))) return;
  const secret = stores.secrets.get({ namespace, name: names.certManagerTls });
  if (secret && (isOwned(secret, registry) || isOrphan(secret, registry)))
    await context.client.delete(secrets, secret.metadata, { uid: secret.metadata.uid });
}

async function remove(
  context: StepContext,
  kind: ResourceKind,
  object: KubeObject | undefined,
): Promise<void> {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
  if (!isOwned(object, context.registry)) return;
  await context.client.delete(kind, object.metadata, { uid: object.metadata.uid });
}
