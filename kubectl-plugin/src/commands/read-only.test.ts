import type { KubeObject } from '@wharfinger/operator';
import { expect, test } from 'vitest';
import { createTestSession, testRegistry } from '../session-fixture.ts';
import { holds, readOnly, sentenceOf } from './read-only.ts';

function registryWith(
  status: string,
  reason: string,
  generation = 2,
  message = '',
): ReturnType<typeof testRegistry> {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const condition = {
    type: 'ReadOnly',
    status,
    reason,
    message,
    observedGeneration: generation,
    lastTransitionTime,
  };
  return { ...testRegistry(), status: { conditions: [condition] } } as ReturnType<typeof testRegistry>;
}

test.each([
  [true, registryWith('True', 'SpecReadOnly'), true],
  [true, registryWith('True', 'GarbageCollection'), false],
  [true, registryWith('True', 'SpecReadOnly', 1), false],
  [true, registryWith('Unknown', 'Synchronizing'), false],
  [false, registryWith('False', 'Writable'), true],
  [false, registryWith('True', 'GarbageCollection'), false],
  [false, registryWith('False', 'Writable', 1), false],
  [false, testRegistry(), false],
])('whether the wish %s holds', (wish, registry, expected) => {
  expect(holds(registry, wish, 2)).toBe(expected);
});

test('on asks for it and waits until it is so everywhere', async () => {
  const session = createTestSession();
  const running = readOnly(session, ['on']);
  await expect.poll(() => session.lines).toEqual(['store is changing']);
  const patched = session.memory.get('registries', 'store') as KubeObject & { spec: object };
  expect(patched.spec).toEqual({ ...testRegistry().spec, readOnly: true });
  const { status } = registryWith('True', 'SpecReadOnly', 1, 'pushes are refused');
  session.memory.put('registries', { ...patched, status } as KubeObject);
  await running;
  expect(session.results).toEqual(['store is read-only: pushes are refused']);
});

test('off gives writes back', async () => {
  const session = createTestSession({ spec: { readOnly: true }, flags: { timeout: '50ms' } });
  await expect(readOnly(session, ['off'])).rejects.toThrow(
    'Registry store is not there yet: store is changing',
  );
  const patched = session.memory.get('registries', 'store') as KubeObject & { spec: object };
  expect(patched.spec).toMatchObject({ readOnly: false });
});

test('status changes nothing', async () => {
  const session = createTestSession();
  await readOnly({ ...session, registry: registryWith('False', 'Writable') }, ['status']);
  await readOnly({ ...session, registry: testRegistry(), flags: { output: 'json' } }, ['status']);
  expect(session.results).toEqual(['store is writable', 'null']);
  expect(session.memory.writes).toEqual([]);
  expect(sentenceOf(registryWith('Unknown', 'Synchronizing', 2, 'pod store-0'))).toBe(
    'store is changing: pod store-0',
  );
});

test('another word is refused', async () => {
  await expect(readOnly(createTestSession(), ['maybe'])).rejects.toThrow(
    'takes on, off or status, not maybe',
  );
});
