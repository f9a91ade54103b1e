import type { KubeObject, ResourceKind } from './resource.ts';

/** A kind that a cluster may have or not, in its versions; the first that is served is used. */
export interface OptionalKind<T extends KubeObject = KubeObject> {
  readonly kind: string;
  readonly plural: string;
  /** Best first. */
  readonly apiVersions: readonly string[];
  /** Never set: carries the type of the served object. */
  readonly served?: T;
}

/** The kind in a version that is served. */
export function kindIn<T extends KubeObject>(
  { kind, plural }: OptionalKind<T>,
  apiVersion: string,
): ResourceKind<T> {
  return { apiVersion, kind, plural, namespaced: true };
}
