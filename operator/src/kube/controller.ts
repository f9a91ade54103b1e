import type { Log } from './log.ts';
import type { Change, Reflector } from './reflector.ts';
import { keyOf, type KubeObject, type ObjectRef, refOf, type ResourceKind } from './resource.ts';
import { createWorkQueue, type WorkQueue, type WorkResult } from './work-queue.ts';

/** A watched kind, and which primary objects a change of one of its objects concerns. Made by `primary`, `owned` or `mapped`. */
export interface Source {
  readonly reflector: { start(): void; readonly synced: Promise<void> };
  /** Calls `enqueue` for each concerned primary object from now on; returns the function that ends it. */
  connect(enqueue: (ref: ObjectRef) => void): () => void;
}

export interface ControllerOptions {
  /** In logs. */
  name: string;
  sources: readonly Source[];
  /** Brings one object to its desired state; it may be gone. The signal aborts on stop. A rejection is tried again with backoff. */
  reconcile: (ref: ObjectRef, signal: AbortSignal) => Promise<WorkResult>;
  /** Objects reconciled at the same time; 4 when left out. */
  concurrency?: number;
  /** First and longest delay in milliseconds after a failed reconcile; 200 and 60,000 when left out. */
  backoffMs?: readonly [number, number];
  log: Log;
}

export interface Controller {
  /** Starts its reflectors where needed, waits until they have synced, then reconciles. Rejects when stopped before. */
  start(): Promise<void>;
  /** Reconciles one object soon, or after a delay in milliseconds. */
  enqueue(ref: ObjectRef, delayMs?: number): void;
  /** Resolves when no reconcile runs any more. Reflectors may be shared and are stopped by whoever made them. */
  stop(): Promise<void>;
  /** Of its work queue. */
  readonly counts: WorkQueue['counts'];
}

/** What a source needs of a reflector. */
type Followed<T extends KubeObject> = Pick<Reflector<T>, 'start' | 'subscribe' | 'synced'>;

export interface SourceOptions<T extends KubeObject> {
  /** Changes for which this answers false are left out. */
  when?: (change: Change<T>) => boolean;
}

/** Each changed object concerns itself. */
export function primary<T extends KubeObject>(
  reflector: Followed<T>,
  options: SourceOptions<T> = {},
): Source {
  return mapped(
    reflector,
    (object) => [{ namespace: object.metadata.namespace, name: object.metadata.name }],
    options,
  );
}

/** A changed object concerns the controller of kind `owner` in its owner references. */
export function owned<T extends KubeObject>(
  reflector: Followed<T>,
  owner: ResourceKind,
  options: SourceOptions<T> = {},
): Source {
  return mapped(reflector, (object) => controllerRefs(object, owner), options);
}

/** A changed object concerns what `map` answers; after an update, for its old state too. */
export function mapped<T extends KubeObject>(
  reflector: Followed<T>,
  map: (object: T) => readonly ObjectRef[],
  options: SourceOptions<T> = {},
): Source {
  function refsOf(change: Change<T>): readonly ObjectRef[] {
    if (change.type !== 'updated') return map(change.object);
    return [...map(change.previous), ...map(change.object)];
  }

  function connect(enqueue: (ref: ObjectRef) => void): () => void {
    return reflector.subscribe((change) => {
      if (options.when?.(change) === false) return;
      for (const ref of refsOf(change)) enqueue(ref);
    });
  }

  return { reflector, connect };
}

export function createController(options: ControllerOptions): Controller {
  const { name, sources, reconcile, log } = options;
  const queue = createWorkQueue({
    process: (key, signal) => reconcile(refOf(key), signal),
    concurrency: options.concurrency ?? 4,
    backoffMs: options.backoffMs,
    log,
  });
  let disconnects: (() => void)[] = [];

  async function start(): Promise<void> {
    disconnects = sources.map((source) => source.connect((ref) => queue.add(keyOf(ref))));
    for (const { reflector } of sources) reflector.start();
    await Promise.all(sources.map(({ reflector }) => reflector.synced));
    log.info({ controller: name }, 'caches are in sync; reconciling');
    queue.start();
  }

  function enqueue(ref: ObjectRef, delayMs = 0): void {
    if (delayMs > 0) queue.addAfter(keyOf(ref), delayMs);
    else queue.add(keyOf(ref));
  }

  async function stop(): Promise<void> {
    for (const disconnect of disconnects) disconnect();
    await queue.stop();
  }

  return {
    start,
    enqueue,
    stop,
    get counts(): WorkQueue['counts'] {
      return queue.counts;
    },
  };
}

function controllerRefs(object: KubeObject, owner: ResourceKind): ObjectRef[] {
  const reference = object.metadata.ownerReferences?.find((candidate) => candidate.controller === true);
  if (reference === undefined || reference.kind !== owner.kind) return [];
  if (groupOf(reference.apiVersion) !== groupOf(owner.apiVersion)) return [];
  return [
    owner.namespaced
      ? { namespace: object.metadata.namespace, name: reference.name }
      : { name: reference.name },
  ];
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
