import { describe, expect, it } from 'vitest';
import { digestOf, parseDigest } from './digest.ts';
import { isRepositoryName, isTag, parseReference } from './reference.ts';

describe('names of repositories', () => {
  it.each([
    'a',
    'library/ubuntu',
    'a/b/c/d/e/f',
    'my-app',
    'my--app',
    'my__app',
    'my_app.v2',
    '0/1',
    `${'x'.repeat(100)}/y`,
    'a'.repeat(255),
  ])('%s is one', (name) => {
    expect(isRepositoryName(name)).toBe(true);
  });

  it.each([
    '',
    'A',
    'a/',
    '/a',
    'a//b',
    '-a',
    'a-',
    'a..b',
    'a___b',
    '_layers',
    'a/_uploads',
    'ä',
    'a b',
    'a'.repeat(256),
  ])('%j is none', (name) => {
    expect(isRepositoryName(name)).toBe(false);
  });
});

describe('tags', () => {
  it.each(['latest', 'V1.2-x_y', '_', '1', 'a'.repeat(128)])('%s is one', (tag) => {
    expect(isTag(tag)).toBe(true);
  });

  it.each(['', '.a', '-a', 'a/b', 'a:b', 'a b', 'a'.repeat(129)])('%j is none', (tag) => {
    expect(isTag(tag)).toBe(false);
  });
});

describe('digests', () => {
  const sha256 = `sha256:${'0a'.repeat(32)}`;
  const sha512 = `sha512:${'0a'.repeat(64)}`;

  it.each([sha256, sha512])('%s is one', (digest) => {
    expect(parseDigest(digest)).toBe(digest);
    expect(parseReference(digest)).toEqual({ digest });
  });

  it.each([
    '',
    'sha256',
    'sha256:',
    `sha256:${'0A'.repeat(32)}`,
    `sha256:${'0a'.repeat(31)}`,
    `sha512:${'0a'.repeat(32)}`,
    `sha384:${'0a'.repeat(48)}`,
    `toString:${'0a'.repeat(32)}`,
    `${sha256}\n`,
  ])('%j is none', (digest) => {
    expect(parseDigest(digest)).toBeUndefined();
  });

  it('are computed', () => {
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(parseReference('v1')).toEqual({ tag: 'v1' });
    expect(parseReference('sha256:zz')).toBeUndefined();
  });
});
