import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from './parse.ts';

function problemsOf(yaml: string): readonly string[] {
  try {
    parseConfig(`version: 0.1\nstorage: {filesystem: {}}\n${yaml}`, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const everybody = "{anonymous: true, repositories: ['**'], actions: [pull]}";
const users = "{users: [ci], repositories: ['**'], actions: ['*']}";
const htpasswd = 'auth: {htpasswd: {realm: r, path: /x}}';
const token = (extra: string): string => `auth: {token: {realm: r, service: s, issuer: i${extra}}}`;

describe('wharfinger.access', () => {
  it.each([
    ['', everybody],
    [htpasswd, `${everybody}, ${users}`],
    [htpasswd, "{users: ['*'], repositories: ['${user}/**'], actions: [pull, push, delete]}"],
  ])('is taken with %j: %s', (auth, rules) => {
    expect(problemsOf(`${auth}\nwharfinger: {access: [${rules}]}`)).toEqual([]);
  });

  it.each([
    [
      token(', jwks: /x'),
      everybody,
      'wharfinger.access: cannot be used with auth.token, which decides by itself who may do what; remove one of them',
    ],
    [
      'auth: {silly: {realm: r, service: s}}',
      users,
      'wharfinger.access: cannot be used with auth.silly, which decides by itself who may do what; remove one of them',
    ],
    [
      '',
      `${everybody}, ${users}`,
      'wharfinger.access.1: is for users, but without auth.htpasswd nobody can log in; configure it, or set anonymous: true',
    ],
    [
      htpasswd,
      '{repositories: [a], actions: [pull]}',
      'wharfinger.access.0: is for nobody; list users, or set anonymous: true',
    ],
    [
      htpasswd,
      '{users: [a], repositories: [], actions: [pull]}',
      'wharfinger.access.0.repositories: must list at least one pattern; ** is every repository',
    ],
    [
      htpasswd,
      '{users: [a], repositories: [a], actions: []}',
      'wharfinger.access.0.actions: must list at least one of pull, push, delete, *',
    ],
    [
      htpasswd,
      '{users: [a], repositories: [a**], actions: [pull]}',
      'wharfinger.access.0.repositories.0: must be a repository name with *, ${user} or ** (alone between slashes) in it, such as team/** or ${user}/*',
    ],
  ])('with %j refuses %s', (auth, rules, problem) => {
    expect(problemsOf(`${auth}\nwharfinger: {access: [${rules}]}`)).toEqual([problem]);
  });
});

describe('auth.token', () => {
  it('needs a key, and takes no algorithm that is not safe', () => {
    expect(problemsOf(token(''))).toEqual([
      'auth.token: needs rootcertbundle or jwks, the keys to verify tokens with',
    ]);
    for (const name of ['HS256', 'none', 'RS1']) {
      expect(problemsOf(token(`, jwks: /x, signingalgorithms: [${name}]`))).toEqual([
        expect.stringMatching(/^auth\.token\.signingalgorithms\.0: must be one of EdDSA, ES256, /),
      ]);
    }
  });
});
