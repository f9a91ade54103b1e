import { ApiError, isNotFound } from './errors.ts';
import { listPages } from './list.ts';
import {
  collectionPath,
  type KubeObject,
  type Manifest,
  objectPath,
  type ObjectRef,
  requireNamespace,
  type ResourceKind,
} from './resource.ts';
import { applyContentType, type RequestOptions, type Transport } from './transport.ts';

export interface ClientOptions {
  transport: Transport;
  /** Our name in managedFields, for every write that does not name another. */
  fieldManager: string;
  /** Asked before every write; when it answers false the write rejects with `WriteFencedError`: fences a leader that lost its Lease. */
  mayWrite?: () => boolean;
}

interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds for each try; the transport's default when left out. */
  timeoutMs?: number;
  /** Tries after the first; the transport's default when left out. */
  retries?: number;
}

interface ListOptions extends CallOptions {
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page; 500 when left out. */
  pageSize?: number;
}

interface ApplyOptions extends CallOptions {
  fieldManager?: string;
  /** Take over fields that another manager owns; true when left out, as for every controller. */
  force?: boolean;
  dryRun?: boolean;
}

interface DeleteOptions extends CallOptions {
  /** Delete only this incarnation; with another one there the call rejects with a conflict. */
  uid?: string;
  resourceVersion?: string;
  propagation?: 'Foreground' | 'Background' | 'Orphan';
  gracePeriodSeconds?: number;
}

interface ListResult<T> {
  items: T[];
  resourceVersion: string;
}

export interface PatchOptions extends CallOptions {
  subresource?: 'status';
  fieldManager?: string;
}

/** Typed calls on one API server. Every call rejects with `ApiError` or `UnreachableError`. */
export interface Client {
  /** Rejects with a 404 `ApiError` when it is not there. */
  get<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef, options?: CallOptions): Promise<T>;
  /** Like `get`, but undefined when it is not there. */
  find<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    options?: CallOptions,
  ): Promise<T | undefined>;
  /** All objects, read in pages from one consistent snapshot; each carries apiVersion and kind. */
  list<T extends KubeObject>(kind: ResourceKind<T>, options?: ListOptions): Promise<ListResult<T>>;
  create<T extends KubeObject>(kind: ResourceKind<T>, manifest: Manifest, options?: CallOptions): Promise<T>;
  /** PUT of the whole object; with `metadata.resourceVersion` it rejects with a conflict when the object changed since. */
  replace<T extends KubeObject>(kind: ResourceKind<T>, manifest: Manifest, options?: CallOptions): Promise<T>;
  /**
   * Server-side apply: creates the object or makes our fields what the manifest says; fields that we applied before and that are
   * no longer in the manifest are removed. A `metadata.uid` in the manifest applies to that incarnation only: `isConflict` otherwise.
   */
  apply<T extends KubeObject>(kind: ResourceKind<T>, manifest: Manifest, options?: ApplyOptions): Promise<T>;
  /**
   * Server-side apply of the status subresource. `manifest.status` must be the whole status that we own: a field left out is removed.
   * Give `metadata.uid`: the call then rejects with a conflict when another incarnation took the status, which the API server does not
   * check here for custom resources, so that incarnation must be reconciled next. Only `metadata.resourceVersion` prevents it.
   */
  applyStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    manifest: Manifest & { status: object },
    options?: ApplyOptions,
  ): Promise<T>;
  /** JSON merge patch (RFC 7396): null removes a field. For single fields of objects that others own, such as a pod's annotation. */
  patchMerge<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    patch: object,
    options?: PatchOptions,
  ): Promise<T>;
  /** True when the object was there; false when it was already gone. */
  delete(kind: ResourceKind, ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
}

/** A write was not sent because this process is not the leader any more. */
export class WriteFencedError extends Error {
  constructor(request: string) {
    super(`${request}: not sent, because this process does not hold the Lease`);
    this.name = 'WriteFencedError';
  }
}

export function createClient(options: ClientOptions): Client {
  const { transport, fieldManager } = options;

  async function write<T>(request: RequestOptions, call: CallOptions): Promise<T> {
    if (options.mayWrite?.() === false) throw new WriteFencedError(`${request.method} ${request.path}`);
    return (await transport.request({ ...request, ...callOf(call) })) as T;
  }

  async function get<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    call: CallOptions = {},
  ): Promise<T> {
    return (await transport.request({ method: 'GET', path: objectPath(kind, ref), ...callOf(call) })) as T;
  }

  async function find<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    call: CallOptions = {},
  ): Promise<T | undefined> {
    try {
      return await get(kind, ref, call);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function list<T extends KubeObject>(
    kind: ResourceKind<T>,
    list: ListOptions = {},
  ): Promise<ListResult<T>> {
    return listPages(transport, kind, list);
  }

  async function create<T extends KubeObject>(
    kind: ResourceKind<T>,
    manifest: Manifest,
    call: CallOptions = {},
  ): Promise<T> {
    const namespace = manifest.metadata?.namespace;
    requireNamespace(kind, namespace);
    const path = collectionPath(kind, namespace);
    return write({ method: 'POST', path, query: { fieldManager }, body: typed(kind, manifest) }, call);
  }

  async function replace<T extends KubeObject>(
    kind: ResourceKind<T>,
    manifest: Manifest,
    call: CallOptions = {},
  ): Promise<T> {
    const path = objectPath(kind, refOfManifest(manifest));
    return write({ method: 'PUT', path, query: { fieldManager }, body: typed(kind, manifest) }, call);
  }

  async function applyTo<T extends KubeObject>(
    kind: ResourceKind<T>,
    manifest: Manifest,
    apply: ApplyOptions,
    subresource?: 'status',
  ): Promise<T> {
    const query = {
      fieldManager: apply.fieldManager ?? fieldManager,
      force: apply.force ?? true,
      dryRun: apply.dryRun ? 'All' : undefined,
    };
    const path = objectPath(kind, refOfManifest(manifest), subresource);
    const body = typed(kind, manifest);
    const applied = await write<T>(
      { method: 'PATCH', path, query, body, contentType: applyContentType },
      apply,
    );
    const uid = manifest.metadata?.uid;
    if (uid === undefined || applied.metadata.uid === uid) return applied;
    const message = `the object is another incarnation, ${applied.metadata.uid} instead of ${uid}`;
    throw new ApiError({ code: 409, reason: 'Conflict', message }, { request: `PATCH ${path}` });
  }

  async function patchMerge<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    patch: object,
    call: PatchOptions = {},
  ): Promise<T> {
    const path = objectPath(kind, ref, call.subresource);
    const query = { fieldManager: call.fieldManager ?? fieldManager };
    return write(
      { method: 'PATCH', path, query, body: patch, contentType: 'application/merge-patch+json' },
      call,
    );
  }

  async function remove(kind: ResourceKind, ref: ObjectRef, call: DeleteOptions = {}): Promise<boolean> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: call.propagation ?? 'Background',
      gracePeriodSeconds: call.gracePeriodSeconds,
      preconditions: { uid: call.uid, resourceVersion: call.resourceVersion },
    };
    try {
      await write({ method: 'DELETE', path: objectPath(kind, ref), body }, call);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  return {
    get,
    find,
    list,
    create,
    replace,
    apply: (kind, manifest, apply = {}) => applyTo(kind, manifest, apply),
    applyStatus: (kind, manifest, apply = {}) => applyTo(kind, manifest, apply, 'status'),
    patchMerge,
    delete: remove,
  };
}

function callOf(call: CallOptions): CallOptions {
  return { signal: call.signal, timeoutMs: call.timeoutMs, retries: call.retries };
}

function typed(kind: ResourceKind, manifest: Manifest): object {
  return { ...manifest, apiVersion: kind.apiVersion, kind: kind.kind };
}

function refOfManifest(manifest: Manifest): ObjectRef {
  return { namespace: manifest.metadata?.namespace, name: manifest.metadata?.name ?? '' };
}
