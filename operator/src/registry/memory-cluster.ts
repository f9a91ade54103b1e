import type { Client } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../kube/resource.ts';
import type { Indexes } from '../kube/store.ts';
import { accountIndexes, registryIndexes, sharedIndexes } from './indexes.ts';
import type { RegistryStores } from './stores.ts';

/** An API server in memory, as far as the reconciler needs one in a test: its caches are never behind. */
export interface MemoryCluster {
  readonly client: Client;
  readonly stores: RegistryStores;
  /** `verb plural/name` of every write, in order. */
  readonly writes: string[];
  /** From now on the n-th write is not done, or done and its answer lost, and no other after it. */
  crashAt(write: number, when: 'before' | 'after'): void;
  get(plural: string, name: string): KubeObject | undefined;
  put(plural: string, object: KubeObject): void;
}

export class CrashError extends Error {}

type Body = Partial<KubeObject> & Record<string, unknown>;

export function createMemoryCluster(): MemoryCluster {
  const objects = new Map<string, KubeObject>();
  const lastApplied = new Map<string, Body>();
  const writes: string[] = [];
  let version = 0;
  let crash = { at: Number.POSITIVE_INFINITY, when: 'before' };

  const keyOf = (plural: string, { namespace, name }: ObjectRef): string => `${plural}/${namespace}/${name}`;

  function write<T>(verb: string, kind: ResourceKind, name: string, action: () => T): T {
    writes.push(`${verb} ${kind.plural}/${name}`);
    if (writes.length > crash.at || (writes.length === crash.at && crash.when === 'before'))
      throw new CrashError(verb);
    const result = action();
    if (writes.length === crash.at) throw new CrashError(verb);
    return result;
  }

  function store(kind: ResourceKind, body: Body): KubeObject {
    const { name = '', namespace } = body.metadata ?? {};
    const key = keyOf(kind.plural, { name, namespace });
    const before = objects.get(key);
    const uid = before?.metadata.uid ?? `uid-of-${name}-${version}`;
    version += 1;
    const merged = merge(before ?? {}, body) as KubeObject;
    const metadata = { ...merged.metadata, uid, resourceVersion: String(version) };
    objects.set(key, { ...merged, metadata });
    return structuredClone(objects.get(key)) as KubeObject;
  }

  /** Server-side apply by the only manager there is: what it no longer says goes, and another version than the named one is a conflict. */
  function applied(kind: ResourceKind, body: Body, subresource = ''): KubeObject {
    const { name = '', namespace, resourceVersion } = body.metadata ?? {};
    const key = keyOf(kind.plural, { name, namespace });
    if (resourceVersion !== undefined && resourceVersion !== objects.get(key)?.metadata.resourceVersion)
      throw fails(409, 'Conflict');
    const id = `${key}/${subresource}`;
    const whole = withdrawing(lastApplied.get(id), body) as Body;
    lastApplied.set(id, structuredClone(body));
    return store(kind, whole);
  }

  function find(kind: { plural: string }, ref: ObjectRef): KubeObject | undefined {
    return structuredClone(objects.get(keyOf(kind.plural, ref)));
  }

  const nameOf = (body: Body): string => body.metadata?.name ?? '';
  const fails = (code: number, reason: string): ApiError => new ApiError({ code, reason, message: reason });
  const client = {
    find: async (kind: ResourceKind, ref: ObjectRef) => find(kind, ref),
    get: async (kind: ResourceKind, ref: ObjectRef) => {
      const found = find(kind, ref);
      if (found === undefined) throw fails(404, 'NotFound');
      return found;
    },
    list: async (kind: ResourceKind) => ({ items: list(kind.plural), resourceVersion: '' }),
    create: async (kind: ResourceKind, body: Body) =>
      write('create', kind, nameOf(body), () => {
        const { name = '', namespace } = body.metadata ?? {};
        if (find(kind, { name, namespace })) throw fails(409, 'AlreadyExists');
        return store(kind, withData(body));
      }),
    apply: async (kind: ResourceKind, body: Body) =>
      write('apply', kind, nameOf(body), () => applied(kind, body)),
    applyStatus: async (kind: ResourceKind, body: Body) =>
      write('status', kind, nameOf(body), () => applied(kind, body, 'status')),
    patchMerge: async (kind: ResourceKind, ref: ObjectRef, patch: Body) =>
      write('patch', kind, ref.name, () =>
        store(kind, {
          ...patch,
          metadata: { ...patch.metadata, name: ref.name, namespace: ref.namespace },
        }),
      ),
    delete: async (kind: ResourceKind, ref: ObjectRef) =>
      write('delete', kind, ref.name, () => objects.delete(keyOf(kind.plural, ref))),
  } as unknown as Client;

  function list(plural: string): KubeObject[] {
    return [...objects]
      .filter(([key]) => key.startsWith(`${plural}/`))
      .map(([, object]) => structuredClone(object));
  }

  const indexes: Record<string, Indexes<never>> = {
    registries: registryIndexes,
    configmaps: sharedIndexes,
    secrets: sharedIndexes,
    serviceaccounts: accountIndexes,
  };
  const cache = (plural: string): object => ({
    byIndex: (index: string, value: string) =>
      list(plural).filter((object) => indexes[plural]?.[index]?.(object as never).includes(value)),
    follow: () => undefined,
    get: (ref: ObjectRef) => find({ plural }, ref),
    list: () => list(plural),
    withLabels: (_namespace: string, labels: Record<string, string>) =>
      list(plural).filter(({ metadata }) =>
        Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value),
      ),
  });
  const names = [
    'registries',
    'garbageCollections',
    'certificates',
    'configMaps',
    'networkPolicies',
    'persistentVolumeClaims',
    'namespaces',
    'serviceAccounts',
  ];
  const more = ['podDisruptionBudgets', 'pods', 'secrets', 'services', 'statefulSets'];
  const caches = [...names, ...more].map((name) => [name, cache(name.toLowerCase())]);

  return {
    client,
    stores: Object.fromEntries(caches) as RegistryStores,
    writes,
    crashAt: (at, when) => void (crash = { at: writes.length + at, when }),
    get: (plural, name) => list(plural).find(({ metadata }) => metadata.name === name),
    put: (plural, object) => void objects.set(keyOf(plural, object.metadata), structuredClone(object)),
  };
}

/** `after` with null for each field that only `before` has. */
function withdrawing(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after;
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  const kept = Object.entries(after).map(([key, value]) => [key, withdrawing(before[key], value)]);
  return Object.fromEntries([...kept, ...gone.map((key) => [key, null])]);
}

/** The API server keeps `stringData` as `data`. */
function withData(body: Body): Body {
  const { stringData, ...rest } = body as Body & { stringData?: Record<string, string> };
  if (stringData === undefined) return rest;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...rest, data: Object.fromEntries(encoded) as unknown };
}

function merge(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = merge(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
