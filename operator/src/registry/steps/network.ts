import { networkPolicies, podDisruptionBudgets, services, type Service } from '../../kube/builtin-kinds.ts';
import { networkPolicy } from '../../resources/network-policy.ts';
import { podDisruptionBudget } from '../../resources/pod-disruption-budget.ts';
import { podsService, service } from '../../resources/services.ts';
import { requireOwned, standing } from '../ownership.ts';
import type { StepContext } from '../step.ts';

export interface Exposure {
  /** The Service's node port, chosen by the user or by the API server. */
  readonly nodePort: number | undefined;
  /** What a load balancer gave to it. */
  readonly addresses: readonly string[];
}

/** The two Services, the NetworkPolicy and the PodDisruptionBudget. `stays`: pods are reached as before. */
export async function network(context: StepContext, stays: boolean): Promise<Exposure> {
  const { registry, stores, applier, operatorNamespace, metricsNamespaces } = context;
  const own = (live: Service): void => requireOwned(services.kind, live, registry);
  const wanted = service(registry);
  const former = stays ? standing(stores.services, wanted, registry) : undefined;
  const exposed = former ?? (await applier.apply(services, stores.services, wanted, own));
  await applier.apply(services, stores.services, podsService(registry), own);
  await applier.apply(
    networkPolicies,
    stores.networkPolicies,
    networkPolicy(registry, { operatorNamespace, metricsNamespaces }),
    (live) => requireOwned(networkPolicies.kind, live, registry),
  );
  const { status } = stores.services.get(exposed.metadata) ?? exposed;
  const exposure = {
    nodePort: exposed.spec?.ports?.[0]?.nodePort,
    addresses: (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []),
  };
  const budget = podDisruptionBudget(registry);
  if (budget === undefined) return exposure;
  await applier.apply(podDisruptionBudgets, stores.podDisruptionBudgets, budget, (live) =>
    requireOwned(podDisruptionBudgets.kind, live, registry),
  );
  return exposure;
}
