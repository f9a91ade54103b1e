import { expect, it } from 'vitest';
import { GarbageCollection } from './api/garbage-collection.ts';
import { Registry } from './api/registry.ts';
import { createMetrics } from './metrics.ts';

const meta = {
  apiVersion: 'wharfinger.dev/v1alpha1',
  metadata: { name: 'team-a', namespace: 'default', uid: 'u' },
} as const;

it('counts reconciles and reads the rest from the caches', async () => {
  const registry = Registry.parse({
    ...meta,
    kind: 'Registry',
    spec: { hostname: 'registry.example', storage: { filesystem: { volume: { size: '1Gi' } } } },
    status: { certificate: { notAfter: '2026-01-02T03:04:05Z', fingerprint: '' } },
  });
  const collection = GarbageCollection.parse({
    ...meta,
    kind: 'GarbageCollection',
    spec: { registryRef: { name: 'team-a' } },
    status: { phase: 'Sweeping' },
  });
  const metrics = createMetrics({
    registries: () => [registry],
    garbageCollections: () => [collection],
    isLeader: () => true,
  });
  metrics.queue('registry', () => ({ waiting: 1, active: 2, delayed: 3 }));
  const signal = new AbortController().signal;
  await metrics.measured('registry', () => Promise.resolve({}))({ name: 'a' }, signal);
  const failing = metrics.measured('registry', () => Promise.reject(new Error('no')));
  await expect(failing({ name: 'a' }, signal)).rejects.toThrow('no');

  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('wharfinger_reconcile_total{controller="registry",result="success"} 1');
  expect(lines).toContain('wharfinger_reconcile_total{controller="registry",result="error"} 1');
  expect(lines).toContain('wharfinger_reconcile_duration_seconds_count{controller="registry"} 2');
  expect(lines).toContain('wharfinger_queue_depth{controller="registry",state="delayed"} 3');
  expect(lines).toContain('wharfinger_garbage_collections{phase="Sweeping"} 1');
  expect(lines).toContain('wharfinger_garbage_collections{phase="Failed"} 0');
  expect(lines).toContain(
    'wharfinger_certificate_expiry_timestamp_seconds{namespace="default",name="team-a"} 1767323045',
  );
  expect(lines).toContain('wharfinger_registry_ready{namespace="default",name="team-a"} 0');
  expect(lines).toContain('wharfinger_registry_replicas_wanted{namespace="default",name="team-a"} 1');
  expect(lines).toContain('wharfinger_leader 1');
});
