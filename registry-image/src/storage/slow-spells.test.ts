import { expect, test } from 'vitest';
import { createSlowSpells } from './slow-spells.ts';

/** What is said after each of so many calls. */
function after(judge: (isSlow: boolean) => number, count: number, isSlow: (index: number) => boolean) {
  return Array.from({ length: count }, (_, index) => judge(isSlow(index)));
}

const always = (): boolean => true;
const never = (): boolean => false;

test('a storage is slow as soon as eight of at most 32 calls were', () => {
  expect(after(createSlowSpells(), 8, always)).toEqual([0, 0, 0, 0, 0, 0, 0, 1_000]);
  const everyFourth = after(createSlowSpells(), 32, (index) => index % 4 === 3);
  expect(everyFourth.indexOf(1_000)).toBe(31);
});

test('a few slow calls on any storage do not make it slow, however long it takes', () => {
  expect(after(createSlowSpells(), 10_000, (index) => index % 32 < 7).every((calls) => calls === 0)).toBe(
    true,
  );
});

test('one that is slow each time it is tried again is taken for slow for longer and longer, up to a bound', () => {
  const judge = createSlowSpells();
  const spells = Array.from({ length: 6 }, () => after(judge, 8, always).at(-1));
  expect(spells).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
});

test('one that was quick in between is tried again as early as at first', () => {
  const judge = createSlowSpells();
  after(judge, 16, always);
  after(judge, 32, never);
  expect(after(judge, 8, always).at(-1)).toBe(1_000);
});
