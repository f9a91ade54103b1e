import type { Route } from '../kube/gateway-kinds.ts';
import type { OptionalReflector } from '../kube/optional-reflector.ts';
import type { KubeObject } from '../kube/resource.ts';

/** Which kinds of the Gateway API the cluster serves, and what of them carries our label. */
export interface GatewayApi {
  readonly httpRoutes: OptionalCache<Route>;
  readonly tlsRoutes: OptionalCache<Route>;
  readonly backendTlsPolicies: OptionalCache<KubeObject>;
}

export type OptionalCache<T extends KubeObject> = Pick<OptionalReflector<T>, 'served' | 'store'>;
