import { networkPolicies, podDisruptionBudgets, services } from '../../kube/builtin-kinds.ts';
import { networkPolicy } from '../../resources/network-policy.ts';
import { podDisruptionBudget } from '../../resources/pod-disruption-budget.ts';
import { podsService, service } from '../../resources/services.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';

/** The two Services, the NetworkPolicy and the PodDisruptionBudget. */
export async function network(context: StepContext): Promise<void> {
  const { registry, stores, applier, operatorNamespace } = context;
  for (const manifest of [service(registry), podsService(registry)]) {
    await applier.apply(services, stores.services, manifest, (live) =>
      requireOwned(services.kind, live, registry),
    );
  }
  await applier.apply(
    networkPolicies,
    stores.networkPolicies,
    networkPolicy(registry, operatorNamespace),
    (live) => requireOwned(networkPolicies.kind, live, registry),
  );
  const budget = podDisruptionBudget(registry);
  if (budget === undefined) return;
  await applier.apply(podDisruptionBudgets, stores.podDisruptionBudgets, budget, (live) =>
    requireOwned(podDisruptionBudgets.kind, live, registry),
  );
}
