import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigError, parseConfig } from '../config/index.ts';
import { matchesPattern, mayMatchBelow, parsePattern } from './repository-pattern.ts';

const component = fc.stringMatching(/^[a-c]{1,3}$/);
const repository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const literal = fc
  .array(fc.constantFrom('a', 'b', 'c', '*', '${user}'), { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join('').replace(/\*+/g, '*'));
const part = fc.oneof(fc.constant('**'), literal);
const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const user = fc.constantFrom('', 'a', 'b', 'ab', 'a/b', '*', '**', 'A');

function matches(text: string, name: string, who = ''): boolean {
  return matchesPattern(parsePattern(text), name, who);
}

/** The same by a regular expression, which is how one would read the rules. */
function matchesByExpression(text: string, name: string, who: string): boolean {
  const parts = text.split('/').map((one) => {
    if (one === '**') return '(?:[^/]+/)*';
    const wild = one.replaceAll('*', '[^/]*');
    return `${wild.replaceAll('${user}', () => (/^[a-z]+$/.test(who) ? who : '(?!)'))}/`;
  });
  return new RegExp(`^${parts.join('')}$`).test(`${name}/`);
}

describe('matchesPattern', () => {
  it.each([
    ['team/app', 'team/app', '', true],
    ['team/app', 'team/apps', '', false],
    ['team/*', 'team/app', '', true],
    ['team/*', 'team/app/base', '', false],
    ['team/*', 'team', '', false],
    ['team/**', 'team/app/base', '', true],
    ['team/**', 'team', '', true],
    ['team/**', 'teams/app', '', false],
    ['**', 'a/b/c', '', true],
    ['*', 'a/b', '', false],
    ['**/base', 'a/b/base', '', true],
    ['**/base', 'base', '', true],
    ['a/**/z', 'a/z', '', true],
    ['a/**/z', 'a/b/c/z/y', '', false],
    ['app-*-x', 'app-1-2-x', '', true],
    ['${user}/**', 'ci/app', 'ci', true],
    ['${user}/**', 'dev/app', 'ci', false],
    ['home-${user}/*', 'home-ci/app', 'ci', true],
    ['${user}/**', 'app', '', false],
    // A name that is a pattern, or more than one component, is nobody's directory.
    ['${user}/**', 'dev/app', '*', false],
    ['${user}/**', 'dev/app', '**', false],
    ['${user}', 'dev/app', 'dev/app', false],
    ['a${user}', 'a', '', false],
  ])('%s and %s for "%s": %s', (text, name, who, expected) => {
    expect(matches(text, name, who)).toBe(expected);
  });

  it('finds what the regular expression of the pattern finds', () => {
    fc.assert(
      fc.property(pattern, repository, user, (text, name, who) => {
        expect(matches(text, name, who)).toBe(matchesByExpression(text, name, who));
      }),
      { numRuns: 5_000 },
    );
  });

  it('every name fits itself, * for each of its components, and **', () => {
    fc.assert(
      fc.property(repository, (name) => {
        expect(matches(name, name)).toBe(true);
        expect(matches(name.replace(/[^/]+/g, '*'), name)).toBe(true);
        expect(matches(`**/${name}/**`, name)).toBe(true);
        expect(matches('**', name)).toBe(true);
      }),
    );
  });

  it('never leaves out a directory that holds a name that fits', () => {
    fc.assert(
      fc.property(pattern, repository, user, (text, name, who) => {
        fc.pre(matches(text, name, who));
        const parts = name.split('/');
        for (let length = 1; length < parts.length; length++) {
          expect(mayMatchBelow(parsePattern(text), parts.slice(0, length).join('/'), who)).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('leaves out directories in which nothing can fit', () => {
    for (const [text, prefix] of [
      ['team/*', 'other'],
      ['team/*', 'team/app'],
      ['team', 'team'],
      ['${user}/**', 'dev'],
    ] as const) {
      expect([text, prefix, mayMatchBelow(parsePattern(text), prefix, 'ci')]).toEqual([text, prefix, false]);
    }
  });

  it('takes no long time for any pattern', () => {
    const text = Array.from({ length: 60 }, () => '**/*a*a*a').join('/');
    const started = performance.now();
    matches(text, Array.from({ length: 127 }, () => 'a').join('/'));
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('wharfinger.access.repositories', () => {
  function problemsOf(text: string): readonly string[] {
    try {
      const access = [{ anonymous: true, repositories: [text], actions: ['pull'] }];
      const yaml = `version: 0.1\nstorage: {filesystem: {}}\nwharfinger: {access: ${JSON.stringify(access)}}`;
      parseConfig(yaml, {});
      return [];
    } catch (error) {
      return (error as ConfigError).problems;
    }
  }

  it('takes every name and every pattern', () => {
    fc.assert(
      fc.property(fc.oneof(pattern, repository), (text) => {
        expect([text, problemsOf(text)]).toEqual([text, []]);
      }),
    );
  });

  it.each(['', '/', 'a/', '/a', 'a//b', 'a**', '***', 'a/**b', 'A', '${USER}', 'a b', '$', 'a:b', 'ä'])(
    'refuses %j',
    (text) => {
      expect(problemsOf(text)).toEqual([
        expect.stringMatching(/^wharfinger\.access\.0\.repositories\.0: must be a repository name with/),
      ]);
    },
  );
});
