import { expect, it } from 'vitest';
import { storageStatus } from './storage-status.ts';
import type { StorageFacts } from './storage-survey.ts';

const volume = { claim: 'x-data', capacity: '1Gi', growth: undefined };
const facts = (free: number | undefined, total = 10_000): StorageFacts => ({
  space: free === undefined ? undefined : { total, free },
  fullness: 'roomy',
  hindrance: undefined,
  apart: undefined,
});

it('is written again only when a hundredth has changed', () => {
  const first = storageStatus(undefined, volume, facts(9_950));
  expect(first).toEqual({
    capacity: '1Gi',
    used: '50 B',
    usedPercent: 0,
    usedBytes: 50,
    sizeBytes: 10_000,
  });
  expect(storageStatus(first, volume, facts(9_901))).toEqual(first);
  expect(storageStatus(first, volume, facts(9_900))).toMatchObject({ usedBytes: 100, usedPercent: 1 });
  expect(storageStatus(first, volume, facts(19_950, 20_000))).toMatchObject({ sizeBytes: 20_000 });
});

it('keeps what is known while nobody answers, and is absent when nothing is', () => {
  const known = storageStatus(undefined, volume, facts(5_000));
  expect(storageStatus(known, { ...volume, capacity: '2Gi' }, facts(undefined))).toEqual({
    ...known,
    capacity: '2Gi',
  });
  expect(storageStatus(known, undefined, facts(undefined))).toEqual(known);
  expect(storageStatus(undefined, undefined, facts(undefined))).toBeUndefined();
});
