import { expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import type { RegistryStatus } from '../api/registry-status.ts';
import type { Client } from '../kube/client.ts';
import type { EventFacts } from '../kube/events.ts';
import { isOlderVersion } from '../kube/resource.ts';
import type { ServedRegistry } from './kind.ts';
import { createStatusWriter } from './status-writer.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';

function statusOf(reason: string): RegistryStatus {
  const is = { observedGeneration: 1, lastTransitionTime, message: reason };
  return {
    conditions: [
      { ...is, type: 'Ready', status: 'False', reason },
      { ...is, type: 'Stalled', status: 'True', reason },
    ],
  };
}

function cached(resourceVersion: string, status: RegistryStatus): ServedRegistry {
  return { ...exampleRegistry({}, { resourceVersion }), status };
}

it('a cache that moves, but not as far as our last write, has nothing written or told twice', async () => {
  const told: EventFacts[] = [];
  let version = 10;
  const client = {
    applyStatus: () => Promise.resolve({ metadata: { resourceVersion: String((version += 2)) } }),
  } as unknown as Client;
  const events = {
    record: (_regarding: unknown, facts: EventFacts) => void told.push(facts),
    flush: () => Promise.resolve(),
  };
  const writer = createStatusWriter({ client, events });
  const [first, second] = [statusOf('RollingOut'), statusOf('SecretMissing')];
  expect(await writer.write(cached('9', {}), first)).toBe(true);
  expect(await writer.write(cached('12', first), second)).toBe(true);
  // A change of the spec, before that write came.
  expect(await writer.write(cached('13', first), second)).toBe(false);
  expect(told.map(({ reason }) => reason)).toEqual(['RollingOut', 'SecretMissing']);
  // Somebody else took it away afterwards.
  expect(await writer.write(cached('15', first), second)).toBe(true);
});

it('versions are compared as numbers', () => {
  expect([isOlderVersion('9', '10'), isOlderVersion('10', '9'), isOlderVersion('10', '10')]).toEqual([
    true,
    false,
    false,
  ]);
  expect([isOlderVersion('a', 'b'), isOlderVersion(undefined, '1')]).toEqual([false, false]);
});
