import { describe, expect, it } from 'vitest';
import { effectiveTree, secretPlaces, treeAt } from './effective.ts';

describe('the effective tree', () => {
  it('has the variables applied, and says which set what', () => {
    const found = effectiveTree('version: 0.1\nhttp: {addr: ":1", net: }\n', { REGISTRY_HTTP_ADDR: ':2' });
    expect(found).toEqual({
      tree: { version: '0.1', http: { addr: ':2' } },
      origins: [{ path: ['http', 'addr'], variable: 'REGISTRY_HTTP_ADDR' }],
    });
  });

  it('is read by paths, through lists and through the short form of a section', () => {
    const tree = { auth: 'silly', log: { hooks: [{ type: 'mail' }] } };
    expect(treeAt(tree, ['auth', 'silly'])).toEqual({});
    expect(treeAt(tree, ['log', 'hooks', '0', 'type'])).toBe('mail');
    expect(treeAt(tree, ['log', 'hooks', '1', 'type'])).toBeUndefined();
  });

  it.each(['- a', '{', ''])('is not there for %j', (text) => {
    expect(effectiveTree(text, {})).toBeUndefined();
  });
});

describe('places of secrets', () => {
  it('are named with the variable to use instead', () => {
    const tree = { http: { secret: 'x', addr: ':1' }, redis: { password: 'y', addr: 'z' } };
    expect(secretPlaces(tree)).toEqual([
      { path: 'http.secret', variable: 'REGISTRY_HTTP_SECRET' },
      { path: 'redis.password', variable: 'REGISTRY_REDIS_PASSWORD' },
    ]);
  });

  it('are found in lists, and not in header fields', () => {
    const hook = { type: 'mail', options: { smtp: { password: 'x' } } };
    const health = { http: [{ uri: 'http://a', headers: { Accept: ['a/b'] } }] };
    expect(secretPlaces({ log: { hooks: [hook] }, health }).map(({ path }) => path)).toEqual([
      'log.hooks.0.options.smtp.password',
    ]);
  });
});
