import type { EventFacts } from '../kube/events.ts';
import {
  backendTlsPolicies,
  httpRoutes,
  kindIn,
  type OptionalKind,
  tlsRoutes,
} from '../kube/gateway-kinds.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import type { KubeObject, ObjectRef } from '../kube/resource.ts';
import type { GatewayApi, OptionalCache } from './gateway-api.ts';
import { createInternalAuthority, type InternalAuthority } from './internal-authority.ts';
import type { MemoryCluster } from './memory-cluster.ts';
import { createRegistryReconciler } from './reconciler.ts';
import { createStorageSurvey } from './storage-survey.ts';

/** For tests: one reconcile of Registry `team/team-a` by an operator that has just started; gives when it wants to look again. */
export async function reconcileOnce(
  cluster: MemoryCluster,
  options: {
    now?: () => number;
    events?: EventFacts[];
    authority?: InternalAuthority;
    servesGateway?: boolean;
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
    gateway: gatewayOf(cluster, options.servesGateway ?? true),
  });
  const ref = { namespace: 'team', name: 'team-a' };
  return (await run(ref, new AbortController().signal)).requeueAfterMs;
}

/** The Gateway API of a cluster that has it whole or not at all. */
function gatewayOf(cluster: MemoryCluster, serves: boolean): GatewayApi {
  function cache<T extends KubeObject>(optional: OptionalKind<T>): OptionalCache<T> {
    const [apiVersion = ''] = optional.apiVersions;
    const kind = serves ? kindIn(optional, apiVersion) : undefined;
    const get = (ref: ObjectRef): T | undefined => cluster.get(optional.plural, ref.name) as T | undefined;
    return { served: () => Promise.resolve(kind), store: { get } };
  }

  return {
    httpRoutes: cache(httpRoutes),
    tlsRoutes: cache(tlsRoutes),
    backendTlsPolicies: cache(backendTlsPolicies),
  };
}
