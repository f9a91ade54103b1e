import type { Route } from '../kube/gateway-kinds.ts';
import { isNotFound } from '../kube/errors.ts';
import type { OptionalReflector } from '../kube/optional-reflector.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Certificate } from './cert-manager/kinds.ts';
import { requireOwned } from './ownership.ts';
import type { StepContext } from './step.ts';

/** Which of the kinds that a cluster may lack it serves, and what of them carries our label. */
export interface OptionalCaches {
  readonly certificates: OptionalCache<Certificate>;
  readonly httpRoutes: OptionalCache<Route>;
  readonly tlsRoutes: OptionalCache<Route>;
  readonly backendTlsPolicies: OptionalCache<KubeObject>;
}

export type OptionalCache<T extends KubeObject> = Pick<OptionalReflector<T>, 'served' | 'store'>;

interface OptionalManifest {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** The object as it is now, or undefined when the cluster does not serve its kind. */
export async function applyOptional<T extends KubeObject>(
  { applier, registry }: StepContext,
  cache: OptionalCache<T>,
  manifest: OptionalManifest,
): Promise<T | undefined> {
  const kind = await cache.served();
  if (kind === undefined) return undefined;
  try {
    const applied = await applier.apply(kind, cache.store, manifest, (live) =>
      requireOwned(kind.kind, live, registry),
    );
    return newest(cache.store.get(manifest.metadata), applied);
  } catch (error) {
    // The definition went while the operator ran.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What the cache shows has the newer status, unless it does not show yet what was applied: its status is of a former spec then. */
function newest<T extends KubeObject>(cached: T | undefined, applied: T): T {
  if (cached === undefined || cached.metadata.uid !== applied.metadata.uid) return applied;
  return (cached.metadata.generation ?? 0) >= (applied.metadata.generation ?? 0) ? cached : applied;
}
