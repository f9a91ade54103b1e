import { Registry as MetricRegistry } from 'prom-client';
import { expect, it } from 'vitest';
import type { GarbageCollectionStatus } from './api/garbage-collection-status.ts';
import { GarbageCollection } from './api/garbage-collection.ts';
import { exampleRegistry } from './api/registry-example.ts';
import type { RegistryStatus } from './api/registry-status.ts';
import { addCollectionMetrics, type CollectionMetricsSources } from './collection-metrics.ts';
import { counts } from './garbage-collection/scenario.ts';

function run(name: string, spec: object, status: object): GarbageCollection {
  return GarbageCollection.parse({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { name, namespace: 'team', uid: name },
    spec: { registryRef: { name: 'team-a' }, ...spec },
    status,
  });
}

function ended(phase: string, completionTime: string, changes: object = {}): object {
  return { phase, activeTime: '2026-01-02T03:00:00Z', completionTime, counts: { ...counts, ...changes } };
}

async function linesOf(registry: MetricRegistry): Promise<string[]> {
  return (await registry.metrics())
    .split('\n')
    .map((line) => line.replaceAll('wharfinger_garbage_collection_', ''));
}

const labels = 'namespace="team",name="team-a"';

it('counts each end of a run and each window once', async () => {
  const registry = new MetricRegistry();
  const sources: CollectionMetricsSources = { registries: () => [], garbageCollections: () => [] };
  const observe = addCollectionMetrics(registry, sources);
  const object = run('nightly', {}, {});
  const statuses: GarbageCollectionStatus[] = [
    { phase: 'Marking', activeTime: '2026-01-02T03:00:00Z' },
    { phase: 'RestoringWrites' },
    { phase: 'Marking', windows: 1, windowSeconds: 0.75, windowSecondsTotal: 0.75 },
    { phase: 'RestoringWrites', windows: 1, windowSeconds: 0.75, windowSecondsTotal: 0.75 },
    { phase: 'Confirming', windows: 2, windowSeconds: 0.75, windowSecondsTotal: 1 },
    ended('Succeeded', '2026-01-02T03:01:00Z', { bytesFreed: 500 }),
    ended('Succeeded', '2026-01-02T03:01:00Z', { bytesFreed: 500 }),
  ];
  let before: GarbageCollectionStatus = { phase: 'Queued' };
  for (const after of statuses) {
    observe(object, before, after);
    before = after;
  }
  observe(object, { phase: 'Queued' }, { phase: 'Failed', completionTime: '2026-01-02T03:01:00Z' });
  const lines = await linesOf(registry);
  expect(lines).toContain(`runs_total{${labels},result="Succeeded"} 1`);
  expect(lines).toContain(`runs_total{${labels},result="Failed"} 1`);
  expect(lines).toContain(`duration_seconds_sum{${labels}} 60`);
  expect(lines).toContain(`window_seconds_count{${labels}} 2`);
  expect(lines).toContain(`window_seconds_sum{${labels}} 1`);
  expect(lines).toContain(`freed_bytes_total{${labels}} 500`);
});

it('tells the last run and the next one from the caches', async () => {
  const now = Date.now();
  const ago = (ms: number): string => new Date(now - ms).toISOString();
  const status: RegistryStatus = {
    garbageCollectionSchedule: {
      expression: 'x',
      observedSince: '2026-01-01T00:00:00Z',
      nextScheduleTime: '2026-01-02T03:04:05Z',
    },
  };
  const collections = [
    run('good', {}, ended('Succeeded', ago(1_200_000), { bytesPending: 700 })),
    run('bad', {}, ended('Failed', ago(600_000), { restored: 2 })),
    run('old', {}, ended('Succeeded', ago(7_200_000), { bytesPending: 100 })),
    run('dry', { dryRun: true }, ended('Succeeded', ago(1000))),
    run('now', {}, { phase: 'Sweeping' }),
  ];
  const registry = new MetricRegistry();
  addCollectionMetrics(registry, {
    registries: () => [{ ...exampleRegistry(), status }],
    garbageCollections: () => collections,
  });
  const lines = await linesOf(registry);
  expect(lines).toContain(`last_run_failed{${labels}} 1`);
  expect(lines).toContain(`last_run_put_back{${labels}} 2`);
  expect(lines).toContain(`last_success_timestamp_seconds{${labels}} ${(now - 1_200_000) / 1000}`);
  expect(lines).toContain(`pending_bytes{${labels}} 700`);
  expect(lines).toContain(`next_schedule_timestamp_seconds{${labels}} 1767323045`);
});
