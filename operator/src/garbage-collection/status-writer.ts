import type { Client } from '../kube/client.ts';
import { setConditions } from '../kube/conditions.ts';
import { conditionsOf } from './condition-list.ts';
import {
  completedAnnotation,
  fieldManager,
  finalizer,
  garbageCollections,
  type ServedGarbageCollection,
} from './kind.ts';
import { type Run, type RunStatus } from './run.ts';
import { summaryOf } from './summary.ts';
import type { Transition } from './transition.ts';

/** The status to store after a transition: its one sentence and its conditions told anew. */
export function toldStatus(run: Run, transition: Transition, generation: number, now: number): RunStatus {
  const { status, waiting } = transition;
  const message = (waiting?.message ?? summaryOf(run, status)).slice(0, 1024);
  const updates = conditionsOf(status, message, waiting).map((update) => ({
    ...update,
    observedGeneration: generation,
  }));
  const conditions = setConditions(status.conditions ?? [], updates, new Date(now));
  return { ...status, message, conditions, observedGeneration: generation };
}

/** Stores the status of this incarnation of a GarbageCollection. */
export function writeStatus(
  client: Client,
  object: ServedGarbageCollection,
  status: RunStatus,
): Promise<ServedGarbageCollection> {
  return client.applyStatus(garbageCollections, { ...identity(object), status }, { fieldManager });
}

export function hasFinalizer(object: ServedGarbageCollection): boolean {
  return finalizersOf(object).includes(finalizer);
}

function finalizersOf({ metadata }: ServedGarbageCollection): string[] {
  return (metadata as { finalizers?: string[] }).finalizers ?? [];
}

export function addFinalizer(
  client: Client,
  object: ServedGarbageCollection,
): Promise<ServedGarbageCollection> {
  const { apiVersion, kind, metadata } = identity(object);
  return client.apply(
    garbageCollections,
    { apiVersion, kind, metadata: { ...metadata, finalizers: [finalizer] } },
    { fieldManager },
  );
}

/**
 * Lets an object go whose run is over or not begun: takes our finalizer off, whoever put it on, since an object that was restored from a
 * copy names another manager of it, from whom an apply takes nothing. `completed` becomes the annotation that says so. Rejects with a
 * conflict when the object changed since it was read.
 */
export function release(
  client: Client,
  object: ServedGarbageCollection,
  completed: string | undefined,
): Promise<ServedGarbageCollection> {
  const { uid, resourceVersion } = object.metadata;
  const finalizers = hasFinalizer(object)
    ? { finalizers: finalizersOf(object).filter((name) => name !== finalizer) }
    : {};
  const annotations = completed === undefined ? {} : { annotations: { [completedAnnotation]: completed } };
  const patch = { metadata: { uid, resourceVersion, ...finalizers, ...annotations } };
  return client.patchMerge(garbageCollections, object.metadata, patch, { fieldManager });
}

export function isMarkedCompleted({ metadata }: ServedGarbageCollection): boolean {
  return metadata.annotations?.[completedAnnotation] !== undefined;
}

function identity(object: ServedGarbageCollection): {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; uid: string };
} {
  const { name, namespace, uid } = object.metadata;
  return {
    apiVersion: garbageCollections.apiVersion,
    kind: garbageCollections.kind,
    metadata: { name, namespace, uid },
  };
}
