import type { Registry } from '../api/registry.ts';
import type { Route } from '../kube/gateway-kinds.ts';

/** What is known of the ways that lead to a Registry. */
export interface Ways {
  /** Addresses that load balancers gave to the Service and the Ingress. */
  readonly addresses: readonly string[];
  /** The route as a Gateway answered it, when the spec asks for one. */
  readonly route: Route | undefined;
}

export interface ExposedVerdict {
  readonly exposed: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Whether clients can reach the Registry in the way that the spec asks for, as far as the cluster tells. */
export function exposedVerdict(registry: Registry, { addresses, route }: Ways): ExposedVerdict {
  const { name } = registry.metadata;
  const { gateway, ingress, service } = registry.spec;
  if (gateway !== undefined) return routeVerdict(gateway.route, name, route);
  if (ingress !== undefined) return yes('Ingress', `Ingress ${name} leads to the Registry`);
  if (service.type !== 'LoadBalancer' || addresses.length > 0)
    return yes('Service', `Service ${name} leads to the Registry`);
  return no('AddressPending', `the load balancer of Service ${name} has no address yet`);
}

function routeVerdict(kind: string, name: string, route: Route | undefined): ExposedVerdict {
  const { generation = 0 } = route?.metadata ?? {};
  const told = (route?.status?.parents ?? []).flatMap(({ parentRef, conditions = [] }) =>
    conditions
      .filter(({ observedGeneration = generation }) => observedGeneration >= generation)
      .map((condition) => ({ gateway: parentRef.name, ...condition })),
  );
  const refusal = told.find(({ type, status }) => isVerdict(type) && status === 'False');
  if (refusal)
    return no('RouteRefused', `Gateway ${refusal.gateway} refuses ${kind} ${name}: ${refusal.message}`);
  const accepted = told.find(({ type, status }) => type === 'Accepted' && status === 'True');
  if (accepted) return yes('Route', `Gateway ${accepted.gateway} leads to the Registry by ${kind} ${name}`);
  return no(
    'RoutePending',
    `no Gateway has taken ${kind} ${name} yet; spec.gateway.parentRefs must name one that lets it in`,
  );
}

function isVerdict(type: string): boolean {
  return type === 'Accepted' || type === 'ResolvedRefs';
}

function yes(reason: string, message: string): ExposedVerdict {
  return { exposed: true, reason, message };
}

function no(reason: string, message: string): ExposedVerdict {
  return { exposed: false, reason, message };
}
