import { describe, expect, it } from 'vitest';
import { goIsRecent, parseGoVersion } from './go-toolchain.ts';

describe('parseGoVersion', () => {
  it.each([
    ['go1.26.8\n', [1, 26]],
    ['go1.27rc1', [1, 27]],
    ['command not found', undefined],
  ])('reads %j', (text, version) => {
    expect(parseGoVersion(text)).toEqual(version);
  });
});

describe('goIsRecent', () => {
  it.each([
    ['go1.19.8', false],
    ['go1.25.9', false],
    ['go1.26.0', true],
    ['go2.0', true],
    ['devel go1.30', true],
  ])('%s: %s', (text, recent) => {
    expect(goIsRecent(text)).toBe(recent);
  });
});
