import { setTimeout as delay } from 'node:timers/promises';
import { type Namespace, namespaces } from './kube/builtin-kinds.ts';
import type { Client } from './kube/client.ts';
import { isForbidden } from './kube/errors.ts';
import type { Log } from './kube/log.ts';
import type { Change, Reflector } from './kube/reflector.ts';
import { createStore } from './kube/store.ts';

export interface PolledNamespacesOptions {
  readonly client: Pick<Client, 'find'>;
  readonly names: readonly string[];
  /** Whether anybody needs to know them. */
  readonly needed: () => boolean;
  /** Resolves when `needed` is able to tell. */
  readonly ready: Promise<void>;
  readonly transform: (namespace: Namespace) => Namespace;
  readonly log: Log;
  /** Milliseconds; 30 s when left out. */
  readonly everyMs?: number;
}

/** Milliseconds after which it is asked again whether the namespaces are needed by now. */
const glanceMs = 500;
/** Milliseconds until a failed reading is tried again. */
const againMs = 2000;

/**
 * The namespaces that an operator of some namespaces looks after. Namespaces can be watched cluster-wide only, and it has no right to that;
 * each of them it may read, and does so now and then, as long as somebody needs to know.
 */
export function createPolledNamespaces(options: PolledNamespacesOptions): Reflector<Namespace> {
  const { client, names, needed, log, everyMs = 30_000 } = options;
  const store = createStore<Namespace>();
  const handlers = new Set<(change: Change<Namespace>) => void>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => undefined);
  let running: Promise<void> | undefined;

  function emit(change: Change<Namespace>): void {
    for (const handler of handlers) handler(change);
  }

  function accept(name: string, found: Namespace | undefined): void {
    if (found === undefined) {
      const gone = store.remove({ name });
      if (gone) emit({ type: 'deleted', object: gone });
      return;
    }
    const object = options.transform(found);
    const previous = store.put(object);
    if (previous === undefined) emit({ type: 'added', object });
    else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion)
      emit({ type: 'updated', object, previous });
  }

  /** Whether all of them could be read; one that could not stays what it was. */
  async function poll(): Promise<boolean> {
    let complete = true;
    for (const name of names) {
      try {
        accept(name, await client.find(namespaces, { name }, { signal }));
      } catch (error) {
        if (signal.aborted) return false;
        // Without the right to know there is no consent.
        if (isForbidden(error)) accept(name, undefined);
        else complete = false;
        log.warn({ err: error, namespace: name }, 'could not read a namespace');
      }
    }
    return complete;
  }

  async function run(): Promise<void> {
    await options.ready;
    let dueAt = 0;
    while (!signal.aborted) {
      let complete = true;
      if (needed() && performance.now() >= dueAt) {
        complete = await poll();
        dueAt = performance.now() + (complete ? everyMs : againMs);
      }
      // Before all are known nothing may be taken back from any of them.
      if (complete) synced.resolve();
      await delay(complete ? glanceMs : againMs, undefined, { signal });
    }
  }

  return {
    kind: namespaces,
    store,
    synced: synced.promise,
    start: () => void (running ??= run().catch(() => undefined)),
    subscribe(handler) {
      handlers.add(handler);
      for (const object of store.list()) handler({ type: 'added', object });
      return () => void handlers.delete(handler);
    },
    async stop() {
      stopping.abort();
      synced.reject(new Error('stopped before the first namespaces were read'));
      await running;
    },
  };
}
