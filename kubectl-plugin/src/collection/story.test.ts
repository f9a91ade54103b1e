import type { GarbageCollectionStatus } from '@wharfinger/operator';
import { expect, test } from 'vitest';
import { story } from './story.ts';

const queued = { name: 'Queued', startTime: '2026-01-01T00:00:00.000Z' } as const;
const marking = { name: 'Marking', startTime: '2026-01-01T00:00:00.400Z' } as const;
const sweeping = { name: 'Sweeping', startTime: '2026-01-01T00:00:12.340Z' } as const;

test('each step is told once, with the time since the first and what is said of it', () => {
  const first: GarbageCollectionStatus = { phase: 'Queued', steps: [queued], message: 'Waits for its turn.' };
  expect(story(undefined, first)).toEqual(['[   0.0s] Queued           Waits for its turn.']);
  expect(story(first, first)).toEqual([]);
  const noted = { ...marking, message: 'the mark was lost' };
  const later: GarbageCollectionStatus = {
    phase: 'Sweeping',
    steps: [queued, noted, sweeping],
    message: 'Sweeping on store-0.',
  };
  expect(story(first, later)).toEqual([
    '[   0.4s] Marking          the mark was lost',
    '[  12.3s] Sweeping         Sweeping on store-0.',
  ]);
});

test('another message in the same step is told', () => {
  const before: GarbageCollectionStatus = { phase: 'Marking', steps: [queued, marking], message: 'a' };
  expect(story(before, { ...before, message: 'b' })).toEqual(['          Marking          b']);
});

test('the same step of the next window is another one', () => {
  const before: GarbageCollectionStatus = { phase: 'Marking', steps: [queued, marking], message: 'a' };
  const again = { ...marking, startTime: '2026-01-01T00:00:20.000Z' };
  const after: GarbageCollectionStatus = { ...before, steps: [queued, marking, again] };
  expect(story(before, after)).toEqual(['[  20.0s] Marking          a']);
});

test('the last sentence is left to the result', () => {
  const before: GarbageCollectionStatus = { phase: 'Marking', steps: [queued, marking], message: 'a' };
  expect(story(before, { ...before, phase: 'Succeeded', message: 'Freed 1 GiB.' })).toEqual([]);
  expect(story(undefined, undefined)).toEqual([]);
});
