import { expect, it } from 'vitest';
import { planData } from './plan-text.ts';

const bytes = (data: object): number =>
  Object.values(data).reduce((sum: number, text: string) => sum + Buffer.byteLength(text), 0);

it('is told as it is, in JSON and as text', () => {
  const data = planData({ repositories: { app: { deadRevisions: ['sha256:1'] } }, deadBlobs: [] });
  expect(JSON.parse(data['plan.json'])).toEqual({
    repositories: { app: { deadRevisions: ['sha256:1'] } },
    deadBlobs: [],
  });
  expect(data['plan.txt']).toBe(
    'repositories:\n  app:\n    deadRevisions:\n      - sha256:1\ndeadBlobs: []\n',
  );
});

it("takes the registry's own text where there is one", () => {
  const data = planData({ text: 'app: 3 blobs go\n', deadBlobs: ['a'] });
  expect(data['plan.txt']).toBe('app: 3 blobs go\n');
  expect(JSON.parse(data['plan.json'])).toEqual({ deadBlobs: ['a'] });
});

it('that is too long for a ConfigMap is cut, says so, and stays JSON', () => {
  const digests = Array.from({ length: 30_000 }, (_, index) => `sha256:${index}${'é'.repeat(30)}`);
  const repositories = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`team/app-${index}`, { digests: digests.slice(0, 50) }]),
  );
  const data = planData({ deadBlobs: digests, repositories });
  expect(bytes(data)).toBeLessThanOrEqual(900 * 1024);
  expect(bytes(data)).toBeGreaterThan(300 * 1024);
  const plan = JSON.parse(data['plan.json']) as {
    truncated: string;
    deadBlobs: string[];
    repositories: object;
  };
  expect(plan.truncated).toMatch(/^The plan has [0-9]+ bytes, more than a ConfigMap holds: /);
  expect(plan.deadBlobs.length).toBeGreaterThan(50);
  expect(Object.keys(plan.repositories).length).toBeGreaterThan(50);
  expect(data['plan.txt']).toMatch(
    /\nThe plan has [0-9]+ bytes, more than a ConfigMap holds: only the beginning is shown\.\n$/,
  );
});

it('is a sentence alone when even its beginning is too long', () => {
  const data = planData({ repositories: ['x'.repeat(1_000_000)] });
  expect(Object.keys(JSON.parse(data['plan.json']) as object)).toEqual(['truncated']);
  expect(bytes(data)).toBeLessThan(400 * 1024);
});
