import { describe, expect, it } from 'vitest';
import { isBranch, parseYaml } from './document.ts';

describe('aliases', () => {
  it('become copies of what they stand for', () => {
    const { tree, problems } = parseYaml('a: &x {b: [c]}\nd: *x\ne: {<<: *x, f: g}');
    expect(problems).toEqual([]);
    expect(tree).toEqual({ a: { b: ['c'] }, d: { b: ['c'] }, e: { b: ['c'], f: 'g' } });
    if (!isBranch(tree)) throw new Error('no mapping');
    expect(tree['a']).not.toBe(tree['d']);
  });

  it.each(['a: &x {b: *x}', '&x\na: *x', 'a: &x [*x]', 'a: *x', '{a: &x [b, b, b], c: {<<: *x}}'])(
    'that cannot be resolved are one problem: %j',
    (source) => {
      expect(parseYaml(source)).toEqual({
        tree: null,
        problems: [
          'not valid YAML: an alias or a merge key (<<) in it cannot be resolved; write the values out',
        ],
        warnings: [],
      });
    },
  );
});

describe('keys', () => {
  it.each(['secret: {{ hunter2 }}', '? {hunter2: a}\n: b', '{[hunter2]: a}', 'a: &x hunter2\n*x : b'])(
    'are plain text, and nothing of others is said: %j',
    (source) => {
      const { tree, problems } = parseYaml(source);
      expect([tree, problems.length]).toEqual([null, 1]);
      expect(problems[0]).toMatch(
        /^not valid YAML: what stands for a key at line \d+, column \d+ is no plain text; /,
      );
      expect(problems[0]).not.toContain('hunter2');
    },
  );

  it('may have any name', () => {
    expect(Object.entries(parseYaml('{__proto__: a, constructor: b}').tree ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

it('a second document is one too many', () => {
  expect(parseYaml('a: b\n---\nc: d').problems).toEqual([
    'not valid YAML: a second document begins where one is allowed; remove what follows at line 2, column 1',
  ]);
});
