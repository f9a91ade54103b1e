import { expect, it } from 'vitest';
import type { ServedGarbageCollection } from './kind.ts';
import { lastCollection } from './last-collection.ts';

function run(
  name: string,
  completionTime: string | undefined,
  spec: object = {},
  status: object = {},
): ServedGarbageCollection {
  return {
    metadata: { name, namespace: 'team', uid: name },
    spec: { registryRef: { name: 'team-a' }, dryRun: false, ...spec },
    status: { phase: completionTime === undefined ? 'Sweeping' : 'Succeeded', completionTime, ...status },
  } as unknown as ServedGarbageCollection;
}

const early = run('early', '2026-01-01T00:00:00.500Z', {}, { freed: '1 B' });
const late = run('late', '2026-01-02T00:00:00Z', {}, { freed: '0 B', pending: '2 B' });

it('is the one that ended last, and counts only what collects', () => {
  const others = [
    run('under-way', undefined),
    run('other', '2026-01-03T00:00:00Z', { registryRef: { name: 'team-b' } }),
    run('dry', '2026-01-03T00:00:00Z', { dryRun: true }),
    run('undo', '2026-01-03T00:00:00Z', { restoreFrom: 'late' }),
  ];
  expect(lastCollection([early, late, ...others], 'team-a', undefined)).toEqual({
    name: 'late',
    phase: 'Succeeded',
    completionTime: '2026-01-02T00:00:00Z',
    freed: '0 B',
    pending: '2 B',
  });
  expect(lastCollection(others, 'team-a', undefined)).toBeUndefined();
});

it('stays known when its object is gone, until a later one ends', () => {
  const before = lastCollection([late], 'team-a', undefined);
  expect(lastCollection([], 'team-a', before)).toEqual(before);
  expect(lastCollection([early], 'team-a', before)).toEqual(before);
  const latest = run('latest', '2026-01-03T00:00:00Z');
  expect(lastCollection([late, latest], 'team-a', before)?.name).toBe('latest');
});
