import { expect, test } from 'vitest';
import {
  findCondition,
  isConditionTrue,
  removeCondition,
  setCondition,
  setConditions,
} from './conditions.ts';

const early = new Date('2026-01-01T00:00:00.123Z');
const late = new Date('2026-01-02T00:00:00Z');
const ready = {
  type: 'Ready',
  status: 'False',
  reason: 'Starting',
  message: 'wait',
  observedGeneration: 1,
} as const;

test('a new condition gets the time of now in whole seconds and does not change its input', () => {
  const before = Object.freeze([]);
  expect(setCondition(before, ready, early)).toEqual([
    { ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ]);
});

test('lastTransitionTime stays while the status does, whatever else changes', () => {
  const first = setCondition([], ready, early);
  const second = setCondition(
    first,
    { ...ready, reason: 'Pulling', message: 'x', observedGeneration: 2 },
    late,
  );
  expect(second).toEqual([
    {
      type: 'Ready',
      status: 'False',
      reason: 'Pulling',
      message: 'x',
      observedGeneration: 2,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ]);
  expect(first[0]?.reason).toBe('Starting');
});

test('lastTransitionTime moves with the status', () => {
  const updated = setCondition(setCondition([], ready, early), { ...ready, status: 'True' }, late);
  expect(findCondition(updated, 'Ready')?.lastTransitionTime).toBe('2026-01-02T00:00:00Z');
  expect(isConditionTrue(updated, 'Ready')).toBe(true);
});

test('keeps the order and drops an observedGeneration that is not given any more', () => {
  const stalled = { type: 'Stalled', status: 'False', reason: 'Fine', message: '' } as const;
  const both = setConditions([], [ready, stalled], early);
  const updated = setCondition(both, { type: 'Ready', status: 'False', reason: 'R', message: '' }, late);
  expect(updated.map((condition) => condition.type)).toEqual(['Ready', 'Stalled']);
  expect(updated[0]).not.toHaveProperty('observedGeneration');
  expect(removeCondition(updated, 'Ready').map((condition) => condition.type)).toEqual(['Stalled']);
});
