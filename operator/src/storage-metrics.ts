import type { Registry as MetricRegistry } from 'prom-client';
import type { StorageStatus } from './api/registry-status.ts';
import type { Registry } from './api/registry.ts';
import { addGauge } from './gauge.ts';
import { findCondition } from './kube/conditions.ts';

/** Metrics of the storage of each Registry, as its status tells it. */
export function addStorageGauges(
  registry: MetricRegistry,
  { registries }: { registries: () => readonly Registry[] },
): void {
  const add = (name: string, help: string, read: (one: Registry) => number | undefined): void =>
    addGauge(registry, {
      name,
      help,
      labelNames: ['namespace', 'name'],
      collect: (gauge) => {
        for (const one of registries()) {
          const value = read(one);
          const { namespace, name: called } = one.metadata;
          if (value !== undefined) gauge.set({ namespace, name: called }, value);
        }
      },
    });
  const told = (field: 'usedBytes' | 'sizeBytes') => (one: Registry) =>
    (one.status?.storage satisfies StorageStatus | undefined)?.[field];

  add('wharfinger_registry_storage_used_bytes', 'Bytes of the storage that are used.', told('usedBytes'));
  add('wharfinger_registry_storage_size_bytes', 'Bytes of the storage.', told('sizeBytes'));
  add(
    'wharfinger_registry_storage_problem',
    'Whether the storage of a Registry is full, cannot be used, or cannot grow (its condition StorageReady is False).',
    ({ status }) => (findCondition(status?.conditions ?? [], 'StorageReady')?.status === 'False' ? 1 : 0),
  );
}
