import type { Client } from '../kube/client.ts';
import { setConditions } from '../kube/conditions.ts';
import { conditionsOf } from './condition-list.ts';
import { fieldManager, finalizer, garbageCollections, type ServedGarbageCollection } from './kind.ts';
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
  return ((object.metadata as { finalizers?: string[] }).finalizers ?? []).includes(finalizer);
}

/** Puts our finalizer on, or takes it off. */
export function writeFinalizer(
  client: Client,
  object: ServedGarbageCollection,
  wanted: boolean,
): Promise<ServedGarbageCollection> {
  const { apiVersion, kind, metadata } = identity(object);
  const finalizers = wanted ? [finalizer] : [];
  return client.apply(
    garbageCollections,
    { apiVersion, kind, metadata: { ...metadata, finalizers } },
    { fieldManager },
  );
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
