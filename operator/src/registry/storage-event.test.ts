import { expect, it } from 'vitest';
import type { RegistryStatus } from '../api/registry-status.ts';
import { storageEvent } from './storage-event.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';

function told(
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  ready = '',
): RegistryStatus {
  const conditions = [
    { type: 'StorageReady', status, reason, message, lastTransitionTime },
    { type: 'Ready', status: 'True' as const, reason: 'Serving', message: ready, lastTransitionTime },
  ];
  return { conditions };
}

const usable = told('True', 'Usable', '');
const full = told('False', 'Full', 'it is full');

it('warns once of what keeps pushes away or is about to', () => {
  expect(storageEvent(usable, full)).toMatchObject({ type: 'Warning', reason: 'Full', note: 'it is full' });
  expect(storageEvent(full, full)).toBeUndefined();
  expect(storageEvent({}, told('True', 'NearlyFull', 'soon'))).toMatchObject({ type: 'Warning' });
});

it('tells the steps of an expansion, and not each of its sizes', () => {
  const growing = told('True', 'Resizing', 'from 1Gi to 2Gi');
  expect(storageEvent(usable, growing)).toMatchObject({ type: 'Normal', reason: 'Resizing' });
  expect(storageEvent(growing, told('True', 'Resizing', 'from 1Gi to 3Gi'))).toBeUndefined();
});

it('is silent about a good state, an unknown one, and what Ready tells already', () => {
  expect(storageEvent(full, usable)).toBeUndefined();
  expect(storageEvent({}, told('Unknown', 'Pending', 'not yet'))).toBeUndefined();
  expect(storageEvent(usable, told('False', 'StoresApart', 'two stores', 'two stores'))).toBeUndefined();
});
