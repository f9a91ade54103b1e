import { ingresses } from '../../kube/builtin-kinds.ts';
import type { Route } from '../../kube/gateway-kinds.ts';
import { backendTlsPolicy, gatewayRoute } from '../../resources/gateway-route.ts';
import { ingress } from '../../resources/ingress.ts';
import { applyOptional } from '../optional-caches.ts';
import { requireOwned, standing } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import { judgedProblemOf } from '../refusal.ts';
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

export interface RoutedTo {
  readonly certificate: KnownCertificate;
  /** Pods are reached as before. */
  readonly stays: boolean;
}

/** The Ingress, and the route of the Gateway API. What refuses them is no reason to do nothing else. */
export async function routes(context: StepContext, to: RoutedTo): Promise<Routes> {
  try {
    return await applied(context, to);
  } catch (error) {
    const problem = judgedProblemOf(error, {
      about: 'exposure',
      refused: ['Refused', 'the API server refused what is to lead to the Registry'],
      unavailable: ['WebhookUnavailable', 'a webhook that judges what leads to the Registry does not answer'],
    });
    if (problem === undefined) throw error;
    throw new ProblemError(problem);
  }
}

async function applied(context: StepContext, to: RoutedTo): Promise<Routes> {
  const { registry, optional } = context;
  const { certificate, stays } = to;
  const addresses = await ingressAddresses(context, stays);
  if (registry.spec.gateway === undefined) return { addresses, route: undefined };
  const wanted = registry.spec.gateway;
  const cache = wanted.route === 'HTTPRoute' ? optional.httpRoutes : optional.tlsRoutes;
  const manifest = gatewayRoute(registry, wanted);
  const former = stays ? standing(cache.store, manifest, registry) : undefined;
  const route = former ?? (await applyOptional(context, cache, manifest));
  if (route === undefined) throw new ProblemError(missing(wanted.route));
  // What the pods go on with while their certificate has a problem is trusted as before.
  const policy = certificate.ok ? backendTlsPolicy(registry, certificate.value?.caName) : undefined;
  const trusted = policy && stays && standing(optional.backendTlsPolicies.store, policy, registry);
  // A cluster whose Gateway API is too old for it trusts the pods in a way of its Gateway's own.
  if (policy && !trusted) await applyOptional(context, optional.backendTlsPolicies, policy);
  return { addresses, route };
}

async function ingressAddresses(
  { registry, stores, applier }: StepContext,
  stays: boolean,
): Promise<readonly string[]> {
  const manifest = ingress(registry);
  if (manifest === undefined) return [];
  const former = stays ? standing(stores.ingresses, manifest, registry) : undefined;
  const live =
    former ??
    (await applier.apply(ingresses, stores.ingresses, manifest, (object) =>
      requireOwned(ingresses.kind, object, registry),
    ));
  const { status } = stores.ingresses.get(live.metadata) ?? live;
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

function missing(kind: string): ReturnType<typeof stalled> {
  const message = `spec.gateway: the cluster has no ${kind} of the Gateway API; install its CustomResourceDefinitions or remove spec.gateway`;
  return stalled('GatewayAPIMissing', message, 'exposure');
}
