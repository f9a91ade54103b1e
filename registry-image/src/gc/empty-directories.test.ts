import { expect, test } from 'vitest';
import { blobDataPath, parsePath } from '../storage/paths.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { removeEmptied } from './empty-directories.ts';
import { digestOf } from './store-fixture.ts';

test('what is removed at a time lies in as many directories as there are', async () => {
  const origins = Array.from({ length: 8_000 }, (_, index) => blobDataPath(digestOf(`blob ${index}`))).sort();
  const swept = origins.map((origin) => ({ origin, layout: parsePath(origin) }));
  const batches: (readonly string[])[] = [];
  const driver = {
    ...createMemoryDriver(),
    removeMany: async (paths: readonly string[]) => void batches.push(paths),
  };
  await removeEmptied({ driver, signal: new AbortController().signal }, swept);
  expect(batches.flat().sort()).toEqual(origins.map((origin) => origin.replace(/\/data$/, '')));
  for (const batch of batches) {
    expect(new Set(batch.map((path) => path.replace(/\/[^/]*$/, ''))).size).toBeGreaterThan(250);
  }
});
