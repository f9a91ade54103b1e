import type { OptionalKind } from './optional-kind.ts';
import type { KubeObject } from './resource.ts';

/** The group of the Gateway API. */
export const gatewayGroup = 'gateway.networking.k8s.io';

/** What a Gateway says of a route that is attached to it. */
interface RouteParentStatus {
  readonly parentRef: { readonly name: string; readonly namespace?: string; readonly sectionName?: string };
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly observedGeneration?: number;
  }[];
}

/** An HTTPRoute or a TLSRoute, as far as it is read here. */
export interface Route extends KubeObject {
  readonly status?: { readonly parents?: readonly RouteParentStatus[] };
}

export const httpRoutes = optional<Route>('HTTPRoute', 'httproutes', ['v1']);
export const tlsRoutes = optional<Route>('TLSRoute', 'tlsroutes', ['v1', 'v1alpha3', 'v1alpha2']);
export const backendTlsPolicies = optional('BackendTLSPolicy', 'backendtlspolicies', ['v1', 'v1alpha3']);

function optional<T extends KubeObject>(
  kind: string,
  plural: string,
  versions: readonly string[],
): OptionalKind<T> {
  return { kind, plural, apiVersions: versions.map((version) => `${gatewayGroup}/${version}`) };
}
