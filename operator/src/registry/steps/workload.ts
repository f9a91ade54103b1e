import { type StatefulSet, statefulSets } from '../../kube/builtin-kinds.ts';
import { statefulSet } from '../../resources/stateful-set.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';

/** The StatefulSet, as applied. */
export async function workload(context: StepContext, configText: string): Promise<StatefulSet> {
  const { registry, stores, applier, defaultImage } = context;
  const manifest = statefulSet({ registry, defaultImage, configText });
  const applied = await applier.apply(statefulSets, stores.statefulSets, manifest, (live) =>
    requireOwned(statefulSets.kind, live, registry),
  );
  const cached = stores.statefulSets.get(applied.metadata);
  // The newer of the two has the newer status; generations tell whether the status speaks of what was applied.
  return cached && (cached.metadata.generation ?? 0) >= (applied.metadata.generation ?? 0) ? cached : applied;
}
