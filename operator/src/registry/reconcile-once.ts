import type { EventFacts } from '../kube/events.ts';
import { backendTlsPolicies, httpRoutes, tlsRoutes } from '../kube/gateway-kinds.ts';
import { kindIn, type OptionalKind } from '../kube/optional-kind.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import { certificates } from './cert-manager/kinds.ts';
import { createInternalAuthority, type InternalAuthority } from './internal-authority.ts';
import type { MemoryCluster } from './memory-cluster.ts';
import type { OptionalCache, OptionalCaches } from './optional-caches.ts';
import { createRegistryReconciler } from './reconciler.ts';
import { createStorageSurvey } from './storage-survey.ts';

/** For tests: one reconcile of Registry `team/team-a` by an operator that has just started; gives when it wants to look again. */
export async function reconcileOnce(
  cluster: MemoryCluster,
  options: {
    now?: () => number;
    events?: EventFacts[];
    authority?: InternalAuthority;
    /** Whether the cluster has the kinds that it may lack. */
    servesOptional?: boolean;
  } = {},
): Promise<number | undefined> {
  const { client, stores } = cluster;
  const { now = Date.now, events = [] } = options;
  const operatorNamespace = 'wharfinger';
  const authority = options.authority ?? createInternalAuthority({ client, operatorNamespace, now });
  const noPods = (): Promise<never> => Promise.reject(new Error('no pods here'));
  const replicas = { state: noPods, plan: noPods, close: () => undefined };
  const run = createRegistryReconciler({
    client,
    stores,
    authority,
    replicas,
    survey: createStorageSurvey({ replicas, now }),
    events: { record: (_regarding, facts) => void events.push(facts), flush: () => Promise.resolve() },
    log: createRecordedLog(),
    now,
    defaultImage: 'registry:1',
    operatorNamespace,
    metricsNamespaces: ['monitoring'],
    optional: optionalOf(cluster, options.servesOptional ?? true),
  });
  const ref = { namespace: 'team', name: 'team-a' };
  return (await run(ref, new AbortController().signal)).requeueAfterMs;
}

/** Of a cluster that has all of them or none. */
function optionalOf(cluster: MemoryCluster, serves: boolean): OptionalCaches {
  function cache<T extends KubeObject>(optional: OptionalKind<T>): OptionalCache<T> {
    const [apiVersion = ''] = optional.apiVersions;
    const kind = serves ? kindIn(optional, apiVersion) : undefined;
    const get = (ref: ObjectRef): T | undefined => cluster.get(optional.plural, ref.name) as T | undefined;
    return { served: () => Promise.resolve(kind), store: { get } };
  }

  return {
    certificates: cache(certificates),
    httpRoutes: cache(httpRoutes),
    tlsRoutes: cache(tlsRoutes),
    backendTlsPolicies: cache(backendTlsPolicies),
  };
}
