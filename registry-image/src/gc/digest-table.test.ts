import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createDigestTable } from './digest-table.ts';

const digestOf = (text: number): string =>
  `sha256:${createHash('sha256').update(String(text)).digest('hex')}`;

test('numbers digests in the order in which they come, and gives them back', () => {
  const table = createDigestTable();
  for (let index = 0; index < 30_000; index++) expect(table.add(digestOf(index))).toBe(index);
  for (let index = 0; index < 30_000; index += 7) {
    expect(table.add(digestOf(index))).toBe(index);
    expect(table.find(digestOf(index))).toBe(index);
    expect(table.digest(index)).toBe(digestOf(index));
  }
  expect(table.find(digestOf(30_000))).toBe(-1);
  expect(table.size).toBe(30_000);
});

test('tells digests apart whose bytes begin alike, and keeps whatever else it is given as it is', () => {
  const table = createDigestTable();
  const odd = [
    `sha256:${'a'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}b`,
    `sha256:b${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}é`,
    `sha256:${'a'.repeat(63)}`,
    `sha512:${'a'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    '',
    'd1',
  ];
  expect(odd.map((digest) => table.find(digest))).toEqual(odd.map(() => -1));
  expect(odd.map((digest) => table.add(digest))).toEqual(odd.map((_, index) => index));
  expect(odd.map((digest) => table.add(digest))).toEqual(odd.map((_, index) => index));
  expect(odd.map((digest) => table.find(digest))).toEqual(odd.map((_, index) => index));
  expect(odd.map((_, index) => table.digest(index))).toEqual(odd);
});
