import { Counter, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { GarbageCollectionStatus } from './api/garbage-collection-status.ts';
import type { GarbageCollection } from './api/garbage-collection.ts';
import { durationMs } from './api/duration.ts';
import type { Registry } from './api/registry.ts';
import { addGauge } from './gauge.ts';

export interface CollectionMetricsSources {
  registries: () => readonly Registry[];
  garbageCollections: () => readonly GarbageCollection[];
}

/** To be told of each change of the status of a run. */
export type CollectionObserver = (
  object: GarbageCollection,
  before: GarbageCollectionStatus,
  after: GarbageCollectionStatus,
) => void;

type Label = 'namespace' | 'name';
const labelNames: Label[] = ['namespace', 'name'];

/** Metrics of garbage collections, by Registry. What a scrape must find after a new start of the operator is read from the caches. */
export function addCollectionMetrics(
  registry: MetricRegistry,
  sources: CollectionMetricsSources,
): CollectionObserver {
  addLastRunGauges(registry, sources);
  addScheduleGauge(registry, sources);
  return createObserver(registry);
}

function createObserver(registry: MetricRegistry): CollectionObserver {
  const registers = [registry];
  const runs = new Counter({
    name: 'wharfinger_garbage_collection_runs_total',
    help: 'Garbage collections that ended, by Registry and result.',
    labelNames: [...labelNames, 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'wharfinger_garbage_collection_duration_seconds',
    help: 'Time from the start of a garbage collection to its end, without the time in the queue.',
    labelNames,
    buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400],
    registers,
  });
  const windows = new Histogram({
    name: 'wharfinger_garbage_collection_window_seconds',
    help: 'How long pushes paused, for each window of a garbage collection.',
    labelNames,
    buckets: [0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  });
  const freed = new Counter({
    name: 'wharfinger_garbage_collection_freed_bytes_total',
    help: 'Bytes that garbage collections freed at their end.',
    labelNames,
    registers,
  });

  return ({ metadata, spec }, before, after) => {
    const labels = { namespace: metadata.namespace, name: spec.registryRef.name };
    const paused = (after.windowSecondsTotal ?? 0) - (before.windowSecondsTotal ?? 0);
    if ((after.windows ?? 0) > (before.windows ?? 0)) windows.observe(labels, paused);
    if (isEnded(before) || !isEnded(after)) return;
    runs.inc({ ...labels, result: after.phase });
    const begun = Date.parse(after.activeTime ?? after.completionTime ?? '');
    durations.observe(labels, (Date.parse(after.completionTime ?? '') - begun) / 1000);
    freed.inc(labels, after.counts?.bytesFreed ?? 0);
  };
}

function isEnded({ phase }: GarbageCollectionStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function addLastRunGauges(registry: MetricRegistry, sources: CollectionMetricsSources): void {
  addGauge(registry, {
    name: 'wharfinger_garbage_collection_last_run_failed',
    help: 'Whether the garbage collection of a Registry that ended last failed.',
    labelNames,
    collect: (gauge) => {
      for (const [labels, run] of lastRuns(sources, () => true)) {
        gauge.set(labels, run.status?.phase === 'Failed' ? 1 : 0);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_garbage_collection_last_run_put_back',
    help: 'Blobs and manifests that the second mark of the last garbage collection found in use and put back; it should find none.',
    labelNames,
    collect: (gauge) => {
      for (const [labels, run] of lastRuns(sources, () => true)) {
        gauge.set(labels, run.status?.counts?.restored ?? 0);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_garbage_collection_last_success_timestamp_seconds',
    help: 'When the last garbage collection of a Registry succeeded, in seconds since the epoch.',
    labelNames,
    collect: (gauge) => {
      for (const [labels, run] of lastRuns(sources, ({ status }) => status?.phase === 'Succeeded')) {
        gauge.set(labels, completion(run) / 1000);
      }
    },
  });
  addGauge(registry, {
    name: 'wharfinger_garbage_collection_pending_bytes',
    help: 'Bytes that garbage collections deleted and that are kept until their undoFor is over.',
    labelNames,
    collect: (gauge) => {
      for (const run of sources.garbageCollections()) {
        const pending = pendingBytes(run, Date.now());
        if (pending > 0) gauge.inc(labelsOf(run), pending);
      }
    },
  });
}

/** The run of each Registry that ended last; those that collect nothing do not count. */
function lastRuns(
  sources: CollectionMetricsSources,
  counts: (run: GarbageCollection) => boolean,
): Iterable<[Record<Label, string>, GarbageCollection]> {
  const latest = new Map<string, GarbageCollection>();
  for (const run of sources.garbageCollections()) {
    if (!isEnded(run.status ?? {}) || isPassive(run) || !counts(run)) continue;
    const key = JSON.stringify(labelsOf(run));
    const known = latest.get(key);
    if (known === undefined || completion(known) < completion(run)) latest.set(key, run);
  }
  return [...latest.values()].map((run) => [labelsOf(run), run]);
}

function isPassive({ spec }: GarbageCollection): boolean {
  return spec.dryRun || spec.restoreFrom !== undefined;
}

function pendingBytes({ spec, status }: GarbageCollection, now: number): number {
  const since = Date.parse(status?.completionTime ?? '');
  return now - since < durationMs(spec.undoFor) ? (status?.counts?.bytesPending ?? 0) : 0;
}

function labelsOf({ metadata, spec }: GarbageCollection): Record<Label, string> {
  return { namespace: metadata.namespace, name: spec.registryRef.name };
}

function completion({ status }: GarbageCollection): number {
  return Date.parse(status?.completionTime ?? '');
}

function addScheduleGauge(registry: MetricRegistry, sources: CollectionMetricsSources): void {
  addGauge(registry, {
    name: 'wharfinger_garbage_collection_next_schedule_timestamp_seconds',
    help: 'When the next scheduled garbage collection of a Registry starts, in seconds since the epoch; overdue when that is past.',
    labelNames,
    collect: (gauge) => {
      for (const { metadata, status } of sources.registries()) {
        const next = status?.garbageCollectionSchedule?.nextScheduleTime;
        if (next === undefined) continue;
        gauge.set({ namespace: metadata.namespace, name: metadata.name }, Date.parse(next) / 1000);
      }
    },
  });
}
