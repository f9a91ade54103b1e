/** Metadata as the API server sends it: times are RFC 3339 strings. */
interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any object that the API server answered. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

/** The object that the API server answers for a client-node type such as `V1Pod`: metadata is there, and times are strings. */
export type Served<T> = Wire<Omit<T, 'metadata'>> & KubeObject;

/** An object on its way to the API server; `metadata.name` is checked when it is sent. */
export interface Manifest {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: OwnerReference[];
  };
  spec?: unknown;
  status?: unknown;
  data?: unknown;
  stringData?: unknown;
  type?: unknown;
}

/** A served resource; the type parameter is the object it serves. */
export interface ResourceKind<T extends KubeObject = KubeObject> {
  /** `v1`, `apps/v1`, `wharfinger.dev/v1alpha1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** The resource's name in paths: lower case, plural. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the type of the served object. */
  readonly served?: T;
}

/** Names one object of a kind; `namespace` is left out for cluster-scoped kinds. */
export interface ObjectRef {
  namespace?: string;
  name: string;
}

/** Path of a collection; all namespaces when `namespace` is left out. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const group = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  if (!kind.namespaced || namespace === undefined) return `${group}/${kind.plural}`;
  return `${group}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
}

/** Path of one object or of one of its subresources. Throws when a namespaced kind comes without a namespace. */
export function objectPath(kind: ResourceKind, ref: ObjectRef, subresource?: 'status'): string {
  requireNamespace(kind, ref.namespace);
  if (ref.name === '') throw new Error(`${kind.kind}: metadata.name is empty`);
  const path = `${collectionPath(kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

export function requireNamespace(kind: ResourceKind, namespace: string | undefined): void {
  if (kind.namespaced && !namespace) throw new Error(`${kind.kind}: metadata.namespace is missing`);
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of stores and queues. */
export function keyOf(ref: ObjectRef): string {
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
}

/** The inverse of `keyOf`. */
export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * Whether one version of an object came before another of it. Versions are numbers that grow, as the API promises from 1.35 on and etcd has
 * always made them; of what is no number nothing is known.
 */
export function isOlderVersion(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || !isNumber.test(one) || !isNumber.test(other)) return false;
  return BigInt(one) < BigInt(other);
}

const isNumber = /^\d+$/;
