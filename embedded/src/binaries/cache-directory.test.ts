import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cacheDirectory } from './cache-directory.ts';

describe('cacheDirectory', () => {
  it('prefers its own variable', () => {
    expect(cacheDirectory({ WHARFINGER_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  });

  it('follows XDG', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/b' })).toBe('/b/wharfinger');
  });

  it('falls back to the home directory', () => {
    expect(cacheDirectory({})).toBe(`${homedir()}/.cache/wharfinger`);
  });
});
