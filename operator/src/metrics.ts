import { collectDefaultMetrics, Counter, Histogram, Registry as MetricRegistry } from 'prom-client';
import { GarbageCollectionPhase } from './api/garbage-collection-status.ts';
import type { GarbageCollection } from './api/garbage-collection.ts';
import { CaPhase } from './api/registry-status.ts';
import type { Registry } from './api/registry.ts';
import { addCollectionMetrics, type CollectionObserver } from './collection-metrics.ts';
import { addGauge } from './gauge.ts';
import { addStorageGauges } from './storage-metrics.ts';
import { isConditionTrue } from './kube/conditions.ts';
import type { ObjectRef } from './kube/resource.ts';
import type { WorkResult } from './kube/work-queue.ts';

type Reconcile = (ref: ObjectRef, signal: AbortSignal) => Promise<WorkResult>;

export interface MetricsSources {
  registries: () => readonly Registry[];
  garbageCollections: () => readonly GarbageCollection[];
  isLeader: () => boolean;
}

export interface Metrics {
  /** The same reconcile, counted and timed under the controller's name. */
  measured(controller: string, reconcile: Reconcile): Reconcile;
  /** From now on the queue's counts are told under the controller's name. */
  queue(controller: string, counts: () => QueueCounts): void;
  /** Counts what becomes of garbage collections. */
  readonly collectionChanged: CollectionObserver;
  /** In the Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
}

/** Metrics of this operator; those of Registries and GarbageCollections are read from the caches when asked for. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new MetricRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const queues = new Map<string, () => QueueCounts>();
  const reconciles = new Counter({
    name: 'wharfinger_reconcile_total',
    help: 'Reconciles by controller and result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'wharfinger_reconcile_duration_seconds',
    help: 'Duration of reconciles.',
    labelNames: ['controller'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  addQueueGauge(registry, queues);
  addStateGauges(registry, sources);
  const collectionChanged = addCollectionMetrics(registry, sources);

  function measured(controller: string, reconcile: Reconcile): Reconcile {
    return async (ref, signal) => {
      const end = durations.startTimer({ controller });
      try {
        const result = await reconcile(ref, signal);
        reconciles.inc({ controller, result: 'success' });
        return result;
      } catch (error) {
        reconciles.inc({ controller, result: 'error' });
        throw error;
      } finally {
        end();
      }
    };
  }

  return {
    measured,
    queue: (controller, counts) => void queues.set(controller, counts),
    collectionChanged,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function addQueueGauge(registry: MetricRegistry, queues: ReadonlyMap<string, () => QueueCounts>): void {
  addGauge(registry, {
    name: 'wharfinger_queue_depth',
    help: 'Objects waiting, being reconciled and delayed.',
    labelNames: ['controller', 'state'],
    collect: (gauge) => {
      for (const [controller, counts] of queues) {
        for (const [state, count] of Object.entries(counts()))
          gauge.set({ controller, state }, Number(count));
      }
    },
  });
}

function addStateGauges(registry: MetricRegistry, sources: MetricsSources): void {
  addGauge(registry, {
    name: 'wharfinger_leader',
    help: 'Whether this process leads.',
    labelNames: [],
    collect: (gauge) => gauge.set(sources.isLeader() ? 1 : 0),
  });
  addGauge(registry, {
    name: 'wharfinger_registry_ready',
    help: 'Whether a Registry is Ready.',
    labelNames: ['namespace', 'name'],
    collect: (gauge) => {
      for (const { metadata, status } of sources.registries()) {
        const ready = isConditionTrue(status?.conditions ?? [], 'Ready');
        gauge.set({ namespace: metadata.namespace, name: metadata.name }, ready ? 1 : 0);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_registry_replicas_wanted',
    help: 'Replicas that a Registry should have.',
    labelNames: ['namespace', 'name'],
    collect: (gauge) => {
      for (const { metadata, spec } of sources.registries())
        gauge.set({ namespace: metadata.namespace, name: metadata.name }, spec.replicas);
    },
  });
  addGauge(registry, {
    name: 'wharfinger_certificate_expiry_timestamp_seconds',
    help: 'When the serving certificate of a Registry ends, in seconds since the epoch.',
    labelNames: ['namespace', 'name'],
    collect: (gauge) => {
      for (const { metadata, status } of sources.registries()) {
        if (status?.certificate === undefined) continue;
        gauge.set(
          { namespace: metadata.namespace, name: metadata.name },
          Date.parse(status.certificate.notAfter) / 1000,
        );
      }
    },
  });
  addStorageGauges(registry, sources);
  addGauge(registry, {
    name: 'wharfinger_ca_expiry_timestamp_seconds',
    help: 'When the first CA above the serving certificate of a Registry ends, in seconds since the epoch.',
    labelNames: ['namespace', 'name'],
    collect: (gauge) => {
      for (const { metadata, status } of sources.registries()) {
        if (status?.ca === undefined) continue;
        const labels = { namespace: metadata.namespace, name: metadata.name };
        gauge.set(labels, Date.parse(status.ca.notAfter) / 1000);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_ca_phase',
    help: 'Whether the replacement of the CA of a Registry is in this phase.',
    labelNames: ['namespace', 'name', 'phase'],
    collect: (gauge) => {
      for (const { metadata, status } of sources.registries()) {
        if (status?.ca === undefined) continue;
        const labels = { namespace: metadata.namespace, name: metadata.name };
        for (const phase of CaPhase.options)
          gauge.set({ ...labels, phase }, status.ca.phase === phase ? 1 : 0);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_garbage_collections',
    help: 'GarbageCollections by phase.',
    labelNames: ['phase'],
    collect: (gauge) => {
      for (const phase of GarbageCollectionPhase.options) gauge.set({ phase }, 0);
      for (const { status } of sources.garbageCollections()) gauge.inc({ phase: status?.phase ?? 'Queued' });
    },
  });
}
