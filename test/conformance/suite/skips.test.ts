import { describe, expect, it } from 'vitest';
import { mostSkips, skips, switchedOff } from './skips.ts';
import { suites } from './suites.ts';

describe('the list of skipped checks', () => {
  it('does not grow', () => {
    expect(skips.length).toBeLessThanOrEqual(mostSkips);
    expect(Object.keys(switchedOff)).toEqual(['OCI_DATA_SPARSE']);
  });

  it('gives a reason for each, once', () => {
    expect(skips.filter(({ reason }) => reason.length < 20)).toEqual([]);
    expect(new Set(skips.map(({ suite, check }) => `${suite} ${check}`)).size).toBe(skips.length);
  });

  it('names suites that there are', () => {
    const names = suites.map(({ name }) => name);
    expect(skips.filter(({ suite }) => !names.includes(suite))).toEqual([]);
  });

  it('names every setting that is off', () => {
    const target = { authority: 'localhost:5000', scheme: 'http', results: '/tmp' } as const;
    for (const suite of suites)
      expect(
        Object.values(suite.settings(target)).filter((value) => value === 'false' || value === '0'),
      ).toEqual([]);
  });
});
