import type { GarbageCollectionStatus, KubeObject } from '@wharfinger/operator';
import { expect, test } from 'vitest';
import { endNextRun } from '../collection/run-fixture.ts';
import { createTestSession } from '../session-fixture.ts';
import { gc } from './gc.ts';

const steps = [
  { name: 'Queued', startTime: '2026-01-01T00:00:00Z' },
  { name: 'Marking', startTime: '2026-01-01T00:00:01Z' },
] as const;
const succeeded: GarbageCollectionStatus = { phase: 'Succeeded', steps: [...steps], message: 'Freed 1 GiB.' };

test('creates a run with the wishes, tells its steps and ends with its last sentence', async () => {
  const session = createTestSession({ flags: { 'delete-untagged': true, 'min-age': '0s' } });
  const running = gc(session);
  const { metadata, spec } = await endNextRun(session.memory, succeeded);
  await running;
  expect(spec).toEqual({ registryRef: { name: 'store' }, deleteUntagged: true, minAge: '0s' });
  expect(metadata.name).toMatch(/^store-[a-z0-9]{5}$/);
  expect(metadata.namespace).toBe('ns');
  expect(session.results).toEqual(['Freed 1 GiB.']);
  expect(session.lines).toEqual([
    `garbagecollection.wharfinger.dev/${metadata.name} created`,
    '[   0.0s] Queued',
    '[   1.0s] Marking',
  ]);
});

test('a failed run is an error with the sentence of its status', async () => {
  const session = createTestSession();
  const running = gc(session);
  const failing = expect(running).rejects.toThrow(
    /GarbageCollection store-\w+ failed: The storage is full\./,
  );
  await endNextRun(session.memory, { phase: 'Failed', message: 'The storage is full.' });
  await failing;
});

test('a dry run prints the plan', async () => {
  const session = createTestSession({ flags: { 'dry-run': true } });
  const metadata = { name: 'the-plan', namespace: 'ns' };
  session.memory.put('configmaps', { metadata, data: { 'plan.txt': 'blob sha256:a\n' } } as KubeObject);
  const running = gc(session);
  const { spec } = await endNextRun(session.memory, { ...succeeded, planRef: { name: 'the-plan' } });
  await running;
  expect(spec).toMatchObject({ dryRun: true });
  expect(session.results).toEqual(['blob sha256:a', 'Freed 1 GiB.']);
});

test('--wait=false leaves it at that', async () => {
  const session = createTestSession({ flags: { wait: false } });
  await gc(session);
  expect([session.results, session.lines.length]).toEqual([[], 1]);
  const both = createTestSession({ flags: { wait: false, timeout: '1s' } });
  await expect(gc(both)).rejects.toThrow('--timeout does not go with --wait=false');
  expect(both.memory.writes).toEqual([]);
});

test('-o json prints the run as it ended', async () => {
  const session = createTestSession({ flags: { output: 'json' } });
  const running = gc(session);
  await endNextRun(session.memory, succeeded);
  await running;
  expect(JSON.parse(session.results.join(''))).toMatchObject({ status: succeeded });
});

test('--timeout ends the following, not the run', async () => {
  const session = createTestSession({ flags: { timeout: '100ms' } });
  await expect(gc(session)).rejects.toThrow(
    /^GarbageCollection store-\w+ is still waiting after --timeout; it goes on$/,
  );
});

test('a run that is deleted under way is an error', async () => {
  const session = createTestSession();
  const running = gc(session);
  const failing = expect(running).rejects.toThrow('was deleted before it ended');
  const { metadata } = await endNextRun(session.memory, { phase: 'Marking' });
  await session.cluster.client.delete({ plural: 'garbagecollections' } as never, metadata);
  await failing;
});
