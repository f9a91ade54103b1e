import type { Client } from '../kube/client.ts';
import { isAlreadyExists } from '../kube/errors.ts';
import { keyOf, type KubeObject, type ObjectRef, type ResourceKind } from '../kube/resource.ts';
import type { Store } from '../kube/store.ts';
import { appliedAnnotation, includes, manifestHash } from './drift.ts';
import { fieldManager } from './kind.ts';

/** A manifest of ours: it always has a name, and a namespace. */
export interface OwnManifest {
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
}

type Check = (live: KubeObject) => void;

export interface Applier {
  /**
   * Makes the object what the manifest says, and writes nothing when it already is. `check` throws when the object that is
   * there must not be touched.
   */
  apply<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    manifest: OwnManifest,
    check: Check,
  ): Promise<T>;
  /** The object that is there, or a new one; what is there is never overwritten. `make` is called only when it is needed. */
  createOnce<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    ref: ObjectRef,
    make: () => Promise<OwnManifest>,
  ): Promise<T>;
  /** The object as the cache or, when it has none, the API server knows it. */
  find<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    ref: ObjectRef,
  ): Promise<T | undefined>;
}

export type ReadStore<T extends KubeObject> = Pick<Store<T>, 'get'>;

/** What the last apply of an object was based on and gave. */
interface Memory {
  readonly hash: string;
  readonly uid: string | undefined;
  /** Version that was there before, and the one that came of it. */
  readonly seen: string | undefined;
  readonly version: string | undefined;
  /** The answer, until the cache has it: of many Registries it would be all that they own once more. */
  applied: KubeObject | undefined;
}

export function createApplier(client: Client): Applier {
  const memories = new Map<string, Memory>();

  async function apply<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    manifest: OwnManifest,
    check: Check,
  ): Promise<T> {
    const ref = refOf(manifest);
    // The cache knows only what carries our labels; what a user made under this name must be found too.
    const live = await find(kind, store, ref);
    if (live) check(live);
    const hash = manifestHash(manifest);
    const key = `${kind.plural}/${keyOf(ref)}`;
    const known = memories.get(key);
    if (live && known?.hash === hash && live.metadata.uid === known.uid) {
      const { resourceVersion } = live.metadata;
      if (resourceVersion === known.version) {
        known.applied = undefined;
        return live;
      }
      if (resourceVersion === known.seen && known.applied) return known.applied as T;
    }
    const stamped = withAnnotation(manifest, hash);
    if (live && includes(live, stamped)) return live;
    const uid = live?.metadata.uid;
    const incarnation = { ...stamped, metadata: { ...stamped.metadata, ...(uid ? { uid } : {}) } };
    const applied = await client.apply(kind, incarnation, { fieldManager });
    const { uid: appliedUid, resourceVersion: version } = applied.metadata;
    memories.set(key, { hash, uid: appliedUid, seen: live?.metadata.resourceVersion, version, applied });
    return applied;
  }

  async function createOnce<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    ref: ObjectRef,
    make: () => Promise<OwnManifest>,
  ): Promise<T> {
    const live = await find(kind, store, ref);
    if (live) return live;
    try {
      return await client.create(kind, await make());
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return client.get(kind, ref);
    }
  }

  async function find<T extends KubeObject>(
    kind: ResourceKind<T>,
    store: ReadStore<T>,
    ref: ObjectRef,
  ): Promise<T | undefined> {
    return store.get(ref) ?? (await client.find(kind, ref));
  }

  return { apply, createOnce, find };
}

function withAnnotation(manifest: OwnManifest, hash: string): OwnManifest {
  const annotations = { ...manifest.metadata?.annotations, [appliedAnnotation]: hash };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

function refOf(manifest: OwnManifest): ObjectRef {
  return { namespace: manifest.metadata?.namespace, name: manifest.metadata?.name ?? '' };
}
