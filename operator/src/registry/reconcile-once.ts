import type { EventFacts } from '../kube/events.ts';
import { createRecordedLog } from '../kube/recorded-log.ts';
import { createInternalAuthority, type InternalAuthority } from './internal-authority.ts';
import type { MemoryCluster } from './memory-cluster.ts';
import { createRegistryReconciler } from './reconciler.ts';
import { createStorageSurvey } from './storage-survey.ts';

/** For tests: one reconcile of Registry `team/team-a` by an operator that has just started; gives when it wants to look again. */
export async function reconcileOnce(
  cluster: MemoryCluster,
  options: { now?: () => number; events?: EventFacts[]; authority?: InternalAuthority } = {},
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
  });
  const ref = { namespace: 'team', name: 'team-a' };
  return (await run(ref, new AbortController().signal)).requeueAfterMs;
}
