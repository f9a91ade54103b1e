import { ingresses } from '../../kube/builtin-kinds.ts';
import type { Route } from '../../kube/gateway-kinds.ts';
import { backendTlsPolicy, gatewayRoute } from '../../resources/gateway-route.ts';
import { ingress } from '../../resources/ingress.ts';
import { applyOptional } from '../optional-caches.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

export interface Routes {
  /** Addresses of the Ingress. */
  readonly addresses: readonly string[];
  readonly route: Route | undefined;
}

/** The serving certificate, if that is known now; `caName`: the ConfigMap with its CA, when there is one. */
interface KnownCertificate {
  readonly ok: boolean;
  readonly value: { readonly caName: string | undefined } | undefined;
}

/** The Ingress, and the route of the Gateway API. */
export async function routes(context: StepContext, certificate: KnownCertificate): Promise<Routes> {
  const { registry, stores, applier, optional } = context;
  const manifest = ingress(registry);
  const applied =
    manifest &&
    (await applier.apply(ingresses, stores.ingresses, manifest, (live) =>
      requireOwned(ingresses.kind, live, registry),
    ));
  const cached = applied && (stores.ingresses.get(applied.metadata) ?? applied);
  const addresses = (cached?.status?.loadBalancer?.ingress ?? []).flatMap(
    ({ ip, hostname }) => ip ?? hostname ?? [],
  );
  if (registry.spec.gateway === undefined) return { addresses, route: undefined };
  const wanted = registry.spec.gateway;
  const cache = wanted.route === 'HTTPRoute' ? optional.httpRoutes : optional.tlsRoutes;
  const route = await applyOptional(context, cache, gatewayRoute(registry, wanted));
  if (route === undefined) throw new ProblemError(missing(wanted.route));
  // What the pods go on with while their certificate has a problem is trusted as before.
  const policy = certificate.ok ? backendTlsPolicy(registry, certificate.value?.caName) : undefined;
  // A cluster whose Gateway API is too old for it trusts the pods in a way of its Gateway's own.
  if (policy) await applyOptional(context, optional.backendTlsPolicies, policy);
  return { addresses, route };
}

function missing(kind: string): ReturnType<typeof stalled> {
  const message = `spec.gateway: the cluster has no ${kind} of the Gateway API; install its CustomResourceDefinitions or remove spec.gateway`;
  return stalled('GatewayAPIMissing', message, 'exposure');
}
