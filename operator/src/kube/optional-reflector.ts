import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelay, sleep } from './backoff.ts';
import type { Discovery } from './discovery.ts';
import type { Log } from './log.ts';
import type { OptionalKind } from './optional-kind.ts';
import type { Change, Reflector } from './reflector.ts';
import type { KubeObject, ResourceKind } from './resource.ts';
import type { Store } from './store.ts';

/** A cache of a kind that the cluster may come to have later. */
export interface OptionalReflector<T extends KubeObject> extends Pick<
  Reflector<T>,
  'start' | 'subscribe' | 'stop' | 'synced'
> {
  /** The kind as the cluster serves it, or undefined as long as it does not. The cache is followed from the first time on. */
  served(): Promise<ResourceKind<T> | undefined>;
  /** Empty as long as the kind is not served. */
  readonly store: Pick<Store<T>, 'get'>;
}

export interface OptionalReflectorOptions<T extends KubeObject> {
  readonly kind: OptionalKind<T>;
  readonly discovery: Discovery;
  /** `onNotServed`: as of a reflector. */
  readonly create: (kind: ResourceKind<T>, onNotServed: () => void) => Reflector<T>;
  readonly log: Log;
  /** Milliseconds for which `served` and `synced` wait for the first list; 2,000 when left out. */
  readonly patienceMs?: number;
}

const backoffMs = [500, 60_000] as const;

export function createOptionalReflector<T extends KubeObject>(
  options: OptionalReflectorOptions<T>,
): OptionalReflector<T> {
  const { kind, discovery, create, log, patienceMs = 2_000 } = options;
  const handlers = new Set<(change: Change<T>) => void>();
  const synced = Promise.withResolvers<void>();
  let reflector: Reflector<T> | undefined;
  let served: ResourceKind<T> | undefined;
  /** What is made before the first list, and deleted at once, would never be seen. A kind that cannot be listed holds up nothing for long. */
  let first: Promise<void> | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function look(): Promise<ResourceKind<T> | undefined> {
    if (served === undefined && !signal.aborted) {
      const found = await discovery.find(kind);
      if (found !== undefined) follow(found);
    }
    await first;
    return served;
  }

  function follow(found: ResourceKind<T>): void {
    // Somebody else may have found it meanwhile.
    if (served !== undefined || signal.aborted) return;
    const created = create(found, () => {
      // Of several namespaces the first one tells.
      if (reflector !== created) return;
      log.info({ kind: kind.kind }, 'the cluster has this kind no more');
      served = undefined;
      reflector = undefined;
      discovery.forget();
      void created.stop();
      for (const object of created.store.list())
        handlers.forEach((handler) => handler({ type: 'deleted', object }));
    });
    served = found;
    reflector = created;
    created.subscribe((change) => handlers.forEach((handler) => handler(change)));
    created.start();
    const patience = delay(patienceMs, undefined, { ref: false, signal });
    first = Promise.race([created.synced, patience]).catch(() => undefined);
  }

  /** Whether the kind is there is asked until that is known: what we left in the cluster must be seen. Nobody waits for it. */
  async function begin(): Promise<void> {
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await look();
        return synced.resolve();
      } catch (error) {
        log.warn({ err: error, kind: kind.kind }, 'could not find out whether the cluster has this kind');
        synced.resolve();
        await sleep(backoffDelay(failures, backoffMs), signal);
      }
    }
  }

  return {
    start: () => void begin().catch(() => undefined),
    synced: synced.promise,
    served: look,
    store: { get: (ref) => reflector?.store.get(ref) },
    subscribe: (handler) => {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    stop: async () => {
      stopping.abort();
      await reflector?.stop();
    },
  };
}
