import { expect, test } from 'vitest';
import { anyPattern, namePattern } from './name-pattern.ts';

test.each([
  ['team/app', 'team/app', true],
  ['team/app', 'team/apps', false],
  ['team/*', 'team/app', true],
  ['team/*', 'team/app/base', false],
  ['team/*', 'team/', true],
  ['team/**', 'team/app/base', true],
  ['team/**', 'team', false],
  ['**', 'a/b/c', true],
  ['*', 'a/b', false],
  ['*', '', true],
  ['v*', 'v1.2.3', true],
  ['v*.0', 'v1.0.0', true],
  ['v*.0', 'v1.0.1', false],
  ['**-rc', 'team/x-rc', true],
  ['a.c', 'abc', false],
  ['a+(b)', 'a+(b)', true],
  ['***', 'a/b', true],
  ['', '', true],
])('%j and %j: %s', (pattern, name, fits) => {
  expect(namePattern(pattern)(name)).toBe(fits);
});

test('one of several patterns is enough; none fits nothing', () => {
  expect(anyPattern(['a', 'b*'])('box')).toBe(true);
  expect(anyPattern(['a', 'b*'])('cat')).toBe(false);
  expect(anyPattern([])('a')).toBe(false);
});

test('no pattern takes long', () => {
  const fits = namePattern(`${'*a**'.repeat(60)}!`);
  const started = performance.now();
  expect(fits('a'.repeat(250))).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});
