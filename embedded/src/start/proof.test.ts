import { expect, it } from 'vitest';
import { digestIn } from './proof.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

it('digestIn reads what crane prints and what an image layout holds', () => {
  expect(digestIn(`10.0.0.1:30500/a/b@${digest}\n`)).toBe(digest);
  expect(digestIn(JSON.stringify({ manifests: [{ mediaType: 'x', digest }] }))).toBe(digest);
  expect(() => digestIn('nothing')).toThrow(/no digest/);
});
