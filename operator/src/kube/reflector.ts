import { backoffDelay, sleep } from './backoff.ts';
import { ApiError, isExpired, isForbidden, isNotFound } from './errors.ts';
import { listPages } from './list.ts';
import type { Log } from './log.ts';
import { keyOf, type KubeObject, type ResourceKind } from './resource.ts';
import { createStore, type Indexes, type Store } from './store.ts';
import type { Transport } from './transport.ts';
import { watchEvents } from './watch.ts';

export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; previous: T }
  /** `object` is the last state seen. */
  | { type: 'deleted'; object: T };

export interface ReflectorOptions<T extends KubeObject> {
  transport: Transport;
  kind: ResourceKind<T>;
  /** All namespaces when left out. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexes?: Indexes<T>;
  /** What the store keeps of an object; `stripManagedFields` when left out. */
  transform?: (object: T) => T;
  /**
   * For a kind that the cluster may lack. Called when the API server does not know it; the cache is empty then, and not followed any longer. One that
   * it does not let us see has an empty cache too, and is tried again seldom.
   */
  onNotServed?: () => void;
  log: Log;
  /** Timing, for tests. */
  timing?: Partial<ReflectorTiming>;
}

export interface ReflectorTiming {
  pageSize: number;
  /** Bounds in seconds between which each watch's time-out is drawn. */
  watchSeconds: readonly [number, number];
  /** Milliseconds without a byte after which a watch is opened anew; the API server sends a bookmark about every minute. */
  silenceMs: number;
  /** First and longest delay in milliseconds after a failure. */
  backoffMs: readonly [number, number];
  /** The same where the cluster may lack the kind, and does not let us see it. */
  forbiddenMs: readonly [number, number];
}

/**
 * A cache of one kind that follows the API server: lists in pages, then watches with bookmarks from that version, resumes after a cut, and
 * lists anew when the server has forgotten the version. An object deleted and created again under one name is seen as
 * `deleted` then `added`, also when both happened unseen.
 */
export interface Reflector<T extends KubeObject> {
  readonly kind: ResourceKind<T>;
  readonly store: Store<T>;
  /** Resolves when the first list is in the store and its changes were handed out; rejects when stopped before. */
  readonly synced: Promise<void>;
  /** Idempotent. */
  start(): void;
  /**
   * Calls `handler` for every change, and for each object already in the store as `added`. A handler that throws is logged as an
   * error and hinders neither the others nor the reflector. Returns the function that ends it.
   */
  subscribe(handler: (change: Change<T>) => void): () => void;
  /** Resolves when nothing is under way any more; no request is sent and no handler called after that. */
  stop(): Promise<void>;
}

const defaultTiming: ReflectorTiming = {
  pageSize: 500,
  watchSeconds: [300, 600],
  silenceMs: 150_000,
  backoffMs: [200, 30_000],
  forbiddenMs: [5_000, 300_000],
};

/** A watch that ends sooner without an event counts as a failure, so that a server that cuts every watch is not hammered. */
const shortestWatchMs = 1_000;

/** The object without `metadata.managedFields`, which is often half of it. */
export function stripManagedFields<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  return object;
}

export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const {
    transport,
    kind,
    namespace,
    labelSelector,
    fieldSelector,
    transform = stripManagedFields,
  } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const fields = { kind: kind.kind, namespace };
  const store = createStore(options.indexes);
  const handlers = new Set<(change: Change<T>) => void>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => undefined);
  let running: Promise<void> | undefined;
  /** Where the next watch resumes; undefined when a list must come first. */
  let resourceVersion: string | undefined;
  let failures = 0;

  function call(handler: (change: Change<T>) => void, change: Change<T>): void {
    if (signal.aborted) return;
    try {
      handler(change);
    } catch (error) {
      const key = keyOf(change.object.metadata);
      options.log.error({ ...fields, err: error, key, change: change.type }, 'a handler of changes failed');
    }
  }

  function emit(change: Change<T>): void {
    for (const handler of handlers) call(handler, change);
  }

  function accept(object: T): void {
    const previous = store.get(object.metadata);
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion && previous !== undefined)
      return;
    if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
      store.remove(previous.metadata);
      emit({ type: 'deleted', object: previous });
    }
    const replaced = store.put(object);
    emit(
      replaced === undefined ? { type: 'added', object } : { type: 'updated', object, previous: replaced },
    );
  }

  function drop(object: T): void {
    const stored = store.get(object.metadata);
    if (stored === undefined || stored.metadata.uid !== object.metadata.uid) return;
    store.remove(object.metadata);
    emit({ type: 'deleted', object });
  }

  async function relist(): Promise<string> {
    const selectors = { namespace, labelSelector, fieldSelector };
    const { pageSize } = timing;
    // The loop below tries again by itself, and a stop must not wait for the transport's own tries.
    const answer = await listPages(transport, kind, {
      ...selectors,
      pageSize,
      signal,
      transform,
      retries: 0,
    });
    const present = new Set(answer.items.map((item) => keyOf(item.metadata)));
    for (const object of store.list()) if (!present.has(keyOf(object.metadata))) drop(object);
    for (const item of answer.items) accept(item);
    return answer.resourceVersion;
  }

  async function follow(from: string): Promise<void> {
    const [shortest, longest] = timing.watchSeconds;
    const timeoutSeconds = Math.round(shortest + (longest - shortest) * Math.random());
    const selectors = { namespace, labelSelector, fieldSelector };
    const watch = {
      ...selectors,
      resourceVersion: from,
      timeoutSeconds,
      silenceMs: timing.silenceMs,
      signal,
    };
    const openedAt = performance.now();
    for await (const event of watchEvents(transport, kind, watch)) {
      signal.throwIfAborted();
      if (event.type === 'DELETED') drop(transform(event.object));
      else if (event.type !== 'BOOKMARK') accept(transform(event.object));
      resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      failures = 0;
    }
    if (performance.now() - openedAt < shortestWatchMs && resourceVersion === from) {
      throw new Error('the watch ended at once');
    }
  }

  function empty(): void {
    for (const object of store.list()) drop(object);
    resourceVersion = undefined;
  }

  async function recover(error: unknown): Promise<void> {
    const { onNotServed } = options;
    const mayNotSee = onNotServed !== undefined && isForbidden(error);
    if (mayNotSee) empty();
    if (onNotServed && isNotFound(error)) {
      empty();
      stopping.abort();
      return onNotServed();
    }
    failures += 1;
    if (isExpired(error)) {
      resourceVersion = undefined;
      options.log.info(fields, 'resource version expired; listing anew');
      if (failures === 1) return;
    }
    const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const bounds = mayNotSee ? timing.forbiddenMs : timing.backoffMs;
    const delayMs = Math.max(asked, backoffDelay(failures, bounds));
    options.log.warn({ ...fields, err: error, delayMs }, 'list or watch failed; trying again');
    await sleep(delayMs, signal);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (resourceVersion === undefined) {
          resourceVersion = await relist();
          synced.resolve();
        }
        await follow(resourceVersion);
      } catch (error) {
        if (!signal.aborted) await recover(error).catch(() => undefined);
      }
    }
  }

  function start(): void {
    if (signal.aborted) return;
    running ??= run();
  }

  async function stop(): Promise<void> {
    stopping.abort();
    synced.reject(new Error(`the ${kind.kind} reflector was stopped before its first list`));
    await running;
  }

  function subscribe(handler: (change: Change<T>) => void): () => void {
    handlers.add(handler);
    for (const object of store.list()) call(handler, { type: 'added', object });
    return () => void handlers.delete(handler);
  }

  return { kind, store, synced: synced.promise, start, subscribe, stop };
}
