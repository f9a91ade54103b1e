import { describe, expect, it } from 'vitest';
import { type FurtherHash, formatHtpasswd, parseFurther } from './htpasswd-file.ts';
import { firstEnd, overlapping } from './password-overlap.ts';

const now = new Date('2026-11-21T12:00:00.400Z');
const further = (hash: string, until?: string, user = 'ci'): FurtherHash => ({ user, hash, until });
const past = '2026-11-21T11:59:59Z';
const soon = '2026-11-21T12:10:00Z';
const hourLater = '2026-11-21T13:00:01Z';

function kept(change: Partial<Parameters<typeof overlapping>[0]>): string[] {
  const input = { user: 'ci', before: 'b', current: 'c', further: [], overlapMs: 3_600_000, now, ...change };
  return overlapping(input).map(({ hash, until }) => `${hash} ${until}`);
}

describe('overlapping', () => {
  it.each<[string, Partial<Parameters<typeof overlapping>[0]>, string[]]>([
    ['a password that was replaced', {}, [`b ${hourLater}`]],
    ['nothing for a new user', { before: undefined }, []],
    ['nothing without an overlap', { overlapMs: 0, further: [further('a', soon)] }, []],
    ['nothing new for the same password', { before: 'c', further: [further('a', soon)] }, [`a ${soon}`]],
    ['none that is over', { further: [further('a', past)] }, [`b ${hourLater}`]],
    ['none that was only prepared', { before: 'c', further: [further('a')] }, []],
    ['none of another user', { before: 'c', further: [further('a', soon, 'dev')] }, []],
    [
      'the one that comes back only once',
      { current: 'a', further: [further('a', soon)] },
      [`b ${hourLater}`],
    ],
    [
      'none longer than an overlap that became shorter',
      { before: 'c', overlapMs: 60_000, further: [further('a', soon)] },
      ['a 2026-11-21T12:01:01Z'],
    ],
    [
      'three at most, the newest',
      { further: [further('x', soon), further('y', soon), further('z', soon)] },
      [`b ${hourLater}`, `x ${soon}`, `y ${soon}`],
    ],
  ])('keeps %s', (_, change, expected) => {
    expect(kept(change)).toEqual(expected);
  });
});

it('a file tells what was put in', () => {
  const all = [further('$2b$10$a', soon), further('$2b$10$b'), further('$2b$10$c', past, 'x y')];
  const text = formatHtpasswd(new Map([['ci', 'h']]), all);
  expect(text.split('\n')[0]).toBe('ci:h');
  expect(parseFurther(text)).toEqual(expect.arrayContaining(all));
  expect(firstEnd(parseFurther(text))).toBe(Date.parse(past));
  expect(firstEnd([])).toBeUndefined();
});
