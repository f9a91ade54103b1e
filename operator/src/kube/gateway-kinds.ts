import type { KubeObject, ResourceKind } from './resource.ts';

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

/** A kind that a cluster may have or not, in its versions; the first that is served is used. */
export interface OptionalKind<T extends KubeObject = KubeObject> {
  readonly kind: string;
  readonly plural: string;
  /** Best first. */
  readonly apiVersions: readonly string[];
  /** Never set: carries the type of the served object. */
  readonly served?: T;
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

/** The kind in a version that is served. */
export function kindIn<T extends KubeObject>(
  { kind, plural }: OptionalKind<T>,
  apiVersion: string,
): ResourceKind<T> {
  return { apiVersion, kind, plural, namespaced: true };
}
