import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations in the syntax of Go', () => {
  it.each([
    ['0', 0],
    ['10s', 10_000],
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5m', 30_000],
    ['250ms', 250],
    ['500us', 0.5],
    ['-2s', -2000],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', '5', '10 s', 's', '1d', '1h 30m', '10s!', 'h1', '-'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [0, '0s'],
    [1500, '1500ms'],
    [90_000, '90s'],
    [120_000, '2m'],
    [604_800_000, '168h'],
    [0.5, '500us'],
    [1.000001, '1000001ns'],
    [3_600_000.25, '3600000250us'],
  ])('%d ms is written %s', (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
    expect(parseDuration(text)).toBe(duration);
  });
});
