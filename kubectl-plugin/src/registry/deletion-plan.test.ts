import { expect, test } from 'vitest';
import { deletedText, needsConsent, planDeletion, planLines, type TaggedManifest } from './deletion-plan.ts';

const image = 'team/app';
const tagged: TaggedManifest[] = [
  { tag: 'v1', digest: 'sha256:a', children: [] },
  { tag: 'v2', digest: 'sha256:b', children: [] },
  { tag: 'latest', digest: 'sha256:b', children: [] },
  { tag: 'multi', digest: 'sha256:i', children: ['sha256:b', 'sha256:c'] },
];

test('what has one tag goes without a question', () => {
  const plan = planDeletion({ image, reference: 'v1', digest: 'sha256:a' }, tagged);
  expect(plan).toMatchObject({ tags: ['v1'], otherTags: [], brokenIndexes: [] });
  expect(needsConsent(plan)).toBe(false);
  expect(planLines(plan)).toEqual(['team/app:v1 is sha256:a']);
  expect(deletedText(plan)).toBe('deleted team/app@sha256:a (v1)');
});

test('other tags of the manifest and indexes that list it are told first', () => {
  const plan = planDeletion({ image, reference: 'v2', digest: 'sha256:b' }, tagged);
  expect(plan).toMatchObject({ tags: ['v2', 'latest'], otherTags: ['latest'], brokenIndexes: ['multi'] });
  expect(needsConsent(plan)).toBe(true);
  expect(planLines(plan)).toEqual([
    'team/app:v2 is sha256:b',
    'tagged too, and deleted with it: latest',
    'listed by an index, and missing there afterwards: multi',
  ]);
});

test('a digest names none of its tags', () => {
  const plan = planDeletion({ image, reference: 'sha256:a', digest: 'sha256:a' }, tagged);
  expect(plan.otherTags).toEqual(['v1']);
  expect(planLines(plan)[0]).toBe('team/app@sha256:a');
  const untagged = planDeletion({ image, reference: 'sha256:x', digest: 'sha256:x' }, tagged);
  expect([needsConsent(untagged), deletedText(untagged)]).toEqual([
    false,
    'deleted team/app@sha256:x (no tag)',
  ]);
});

test('a part of an index alone needs a yes', () => {
  const plan = planDeletion({ image, reference: 'sha256:c', digest: 'sha256:c' }, tagged);
  expect([plan.tags, needsConsent(plan)]).toEqual([[], true]);
});
