import type { LastCollection, RegistryStatus } from '../api/registry-status.ts';
import type { Registry } from '../api/registry.ts';
import { setConditions } from '../kube/conditions.ts';
import { ownedLabels } from '../resources/labels.ts';
import { objectNames } from '../resources/names.ts';
import { isOwned } from './ownership.ts';
import type { RegistryStores } from './stores.ts';
import { suspended } from './summary.ts';
import { replicasOf } from './told-status.ts';
import { workloadFacts } from './workload-facts.ts';

export interface SuspendedInput {
  readonly registry: Registry;
  readonly stores: RegistryStores;
  readonly before: RegistryStatus;
  readonly lastCollection: LastCollection | undefined;
  readonly now: Date;
}

/** The status of a Registry with spec.suspend: what it said before, and how its pods are. */
export function suspendedStatus({ registry, stores, before, ...input }: SuspendedInput): RegistryStatus {
  const { name, namespace, generation } = registry.metadata;
  const found = stores.statefulSets.get({ namespace, name: objectNames(name).statefulSet });
  const set = found && isOwned(found, registry) ? found : undefined;
  const conditions = suspended({
    generation,
    url: before.url,
    workload: set && workloadFacts(set, stores.pods.withLabels(namespace, ownedLabels(name))),
    isScheduled: registry.spec.garbageCollection !== undefined,
  });
  return {
    ...before,
    observedGeneration: generation,
    conditions: setConditions(before.conditions ?? [], conditions, input.now),
    ...replicasOf(set),
    lastCollection: input.lastCollection,
  };
}
