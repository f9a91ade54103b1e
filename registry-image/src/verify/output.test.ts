import { expect, it } from 'vitest';
import { damageLine } from './output.ts';

it('is one line, whatever is in a name or in the reason that a file system gives', () => {
  const damage = { kind: 'unreadable', path: '/a\nb', detail: "EIO, open '/a\nb\u2028\u001b[2J'" } as const;
  expect(damageLine({ damage, outcome: { action: 'left' } }, false)).toBe(
    String.raw`unreadable "/a\nb": EIO, open '/a\u{a}b\u{2028}\u{1b}[2J' [left]`,
  );
});
