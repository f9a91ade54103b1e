import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../kube/client.ts';
import type { Pod } from '../kube/builtin-kinds.ts';
import { isNotFound } from '../kube/errors.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Log } from '../kube/log.ts';
import { keyOf, type ObjectRef } from '../kube/resource.ts';
import type { WorkResult } from '../kube/work-queue.ts';
import type { ReplicaClient } from '../replicas/replica-client.ts';
import { collectionHash, collectionText } from './document.ts';
import { garbageCollections, type ServedGarbageCollection } from './kind.ts';
import { createMaintenanceWriter, nothingWritten, type Written } from './maintenance-writer.ts';
import type { Observation, Replica, StoredPlan } from './observation.ts';
import { collectionOf } from './phases/collecting.ts';
import { createPlanWriter } from './plan-writer.ts';
import { registryView } from './registry-view.ts';
import { createReplicaProbe, type ReplicaProbe, unasked } from './replica-probe.ts';
import { rollOut } from './rollout.ts';
import { completedText, isActive, isFinished, type Run, runOf, type RunStatus } from './run.ts';
import {
  addFinalizer,
  hasFinalizer,
  isMarkedCompleted,
  release,
  toldStatus,
  writeStatus,
} from './status-writer.ts';
import { step } from './step.ts';
import { podsOf, registryObjects, siblingsOf, type Stores } from './surroundings.ts';
import type { RunEvent, Transition } from './transition.ts';

export interface GarbageCollectionReconcilerOptions {
  client: Client;
  stores: Stores;
  replicas: ReplicaClient;
  events: EventRecorder;
  log: Log;
  /** Told of each stored change of a run's status. */
  observe: (object: ServedGarbageCollection, before: RunStatus, after: RunStatus) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export type GarbageCollectionReconciler = (ref: ObjectRef, signal: AbortSignal) => Promise<WorkResult>;

/** What this process knows of a run beyond the caches. Losing it loses nothing: the stored status has what must be remembered. */
interface Memory {
  uid: string;
  /** As the API server last answered it, or the cache at first sight. */
  object: ServedGarbageCollection;
  probe: ReplicaProbe;
  written: Written;
}

const longestChain = 20;

/** Brings one GarbageCollection forward: what its stored status asks of the registry is done, then the next status is stored. */
export function createGarbageCollectionReconciler(
  options: GarbageCollectionReconcilerOptions,
): GarbageCollectionReconciler {
  const { client, stores, now } = options;
  const writer = createMaintenanceWriter({ client, now });
  const storePlan = createPlanWriter({ client, replicas: options.replicas });
  const memories = new Map<string, Memory>();

  async function reconcile(ref: ObjectRef, signal: AbortSignal): Promise<WorkResult> {
    const key = keyOf(ref);
    const cached = stores.garbageCollections.get(ref);
    if (cached === undefined || isOver(cached)) {
      memories.delete(key);
      return {};
    }
    const memory = await recall(key, cached);
    if (memory === undefined) return {};
    if (isFinished(memory.object.status?.phase ?? 'Queued')) {
      await settle(key, memory);
      return {};
    }
    for (let chain = 0; chain < longestChain && !signal.aborted; chain += 1) {
      const { deletionTimestamp } = stores.garbageCollections.get(ref)?.metadata ?? cached.metadata;
      const transition = await advance(key, memory, deletionTimestamp);
      if (transition.requeueAfterMs === 0) continue;
      await settle(key, memory);
      return transition.requeueAfterMs === null ? {} : { requeueAfterMs: transition.requeueAfterMs };
    }
    return { requeueAfterMs: 0 };
  }

  /** At first sight the status is read from the API server: the last words of a former leader may not be in the cache yet. */
  async function recall(key: string, cached: ServedGarbageCollection): Promise<Memory | undefined> {
    const known = memories.get(key);
    const { uid, name, namespace } = cached.metadata;
    if (known?.uid === uid) return known;
    const object = await client.find(garbageCollections, { name, namespace });
    if (object?.metadata.uid !== uid) return undefined;
    const probe = createReplicaProbe({
      client: options.replicas,
      registry: object.spec.registryRef.name,
      now,
    });
    const memory = { uid, object, probe, written: nothingWritten() };
    memories.set(key, memory);
    return memory;
  }

  async function advance(
    key: string,
    memory: Memory,
    deletionTimestamp: string | undefined,
  ): Promise<Transition> {
    const object = { ...memory.object, metadata: { ...memory.object.metadata, deletionTimestamp } };
    const run = runOf(object);
    await tell(run, memory);
    const seen = await observe(run, memory);
    await remind(run, memory, seen.replicas);
    const transition = step(run, seen);
    const status = toldStatus(run, transition, object.metadata.generation, now());
    if (!sameJson(status, object.status)) {
      await store(key, memory, { ...object, status });
      options.observe(object, run.status, status);
    }
    announce(key, memory.object, transition);
    return transition;
  }

  /** Makes `collection.json` what the stored status asks for, and has every kubelet look at it. */
  async function tell(run: Run, memory: Memory): Promise<void> {
    const { namespace } = memory.object.metadata;
    const objects = registryObjects(stores, namespace, run.registry);
    if (objects.maintenance === undefined) return;
    const text = collectionText(run);
    const holder = registryView(objects)?.collectionRun ?? '';
    // What we wrote may not be in the cache yet; what another run wrote is not ours to take away.
    const isOurs = holder === run.uid || (holder === '' && typeof memory.written.text === 'string');
    if (text === null && !isOurs) return;
    await writer.write(objects.maintenance, text, memory.written);
    if (memory.written.syncedAt === 0)
      await writer.sync(podsOf(stores, namespace, run.registry), memory.written);
    const { statefulSet } = objects;
    if (run.status.phase === 'RollingOut' && statefulSet !== undefined)
      await rollOut(options, statefulSet, run);
  }

  async function remind(run: Run, memory: Memory, replicas: readonly Replica[]): Promise<void> {
    if (!isActive(run.status.phase)) return;
    const hash = collectionHash(run);
    const informed = new Set(
      replicas.filter((replica) => replica.state?.observed.collection === hash).map(({ pod }) => pod),
    );
    const pods = podsOf(stores, memory.object.metadata.namespace, run.registry);
    await writer.sync(
      pods.filter((pod) => !informed.has(pod.metadata.name)),
      memory.written,
    );
  }

  async function observe(run: Run, memory: Memory): Promise<Observation> {
    const { namespace } = memory.object.metadata;
    const pods = podsOf(stores, namespace, run.registry);
    const { phase } = run.status;
    // Before it begins, several replicas are asked whether they see one store.
    const isAsking = isActive(phase) || (phase === 'Queued' && pods.length > 1);
    const replicas = isAsking ? await memory.probe.look(pods) : pods.map(unasked);
    return {
      now: now(),
      registry: registryView(registryObjects(stores, namespace, run.registry)),
      replicas,
      siblings: siblingsOf(stores, memory.object, knownStatus),
      plan: await planOf(run, memory, { pods, replicas }),
    };
  }

  async function planOf(
    run: Run,
    memory: Memory,
    { pods, replicas }: { pods: readonly Pod[]; replicas: readonly Replica[] },
  ): Promise<StoredPlan | undefined> {
    const pod = pods.find(({ metadata }) => metadata.name === run.status.collectorPod);
    const state = replicas.find((replica) => replica.pod === run.status.collectorPod)?.state;
    if (!run.options.dryRun || run.status.phase !== 'Marking' || !pod || !state) return undefined;
    return collectionOf(run, state)?.phase === 'Marked' ? storePlan(memory.object, pod) : undefined;
  }

  function knownStatus(uid: string): RunStatus | undefined {
    for (const memory of memories.values()) if (memory.uid === uid) return runOf(memory.object).status;
    return undefined;
  }

  /** Stored before anything follows from it. Other runs see it at once; when the outcome is unknown, it is read again. */
  async function store(key: string, memory: Memory, next: ServedGarbageCollection): Promise<void> {
    const before = memory.object;
    const { phase } = runOf(next).status;
    memory.object = next;
    try {
      if (isActive(phase) && !hasFinalizer(before)) await addFinalizer(client, next);
      memory.object = await writeStatus(client, next, runOf(next).status);
    } catch (error) {
      memories.delete(key);
      throw error;
    }
  }

  function announce(key: string, object: ServedGarbageCollection, transition: Transition): void {
    for (const event of transition.events) record(object, event);
    if (transition.requeueAfterMs !== 0) return;
    const { phase, attempt } = transition.status;
    options.log.info({ garbageCollection: key, phase, attempt }, 'garbage collection goes on');
  }

  function record(object: ServedGarbageCollection, { type, reason, message }: RunEvent): void {
    options.events.record(object, { type, reason, action: 'Collect', note: message });
  }

  /** A run that is over, or back in the queue, takes back its last word and lets its object go. */
  async function settle(key: string, memory: Memory): Promise<void> {
    const run = runOf(memory.object);
    if (isActive(run.status.phase)) return;
    await tell(run, memory);
    const isNews = isFinished(run.status.phase) && !isMarkedCompleted(memory.object);
    if (!isNews && !hasFinalizer(memory.object)) return;
    try {
      memory.object = await release(client, memory.object, isNews ? completedText(run.status) : undefined);
    } catch (error) {
      // Somebody changed the object, such as by deleting it: it is read again.
      memories.delete(key);
      if (!isNotFound(error)) throw error;
    }
    options.log.debug({ garbageCollection: key }, 'released');
  }

  /** Nothing is left to do: the cache shows the outcome, and `collection.json` no longer names the run. */
  function isOver(cached: ServedGarbageCollection): boolean {
    if (!isFinished(cached.status?.phase ?? 'Queued')) return false;
    if (hasFinalizer(cached) || !isMarkedCompleted(cached)) return false;
    const objects = registryObjects(stores, cached.metadata.namespace, cached.spec.registryRef.name);
    return registryView(objects)?.collectionRun !== cached.metadata.uid;
  }

  return reconcile;
}

function sameJson(one: object, other: object | undefined): boolean {
  return isDeepStrictEqual(plain(one), plain(other ?? {}));
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
