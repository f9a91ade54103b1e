import { describe, expect, it } from 'vitest';
import { progressLine } from './progress.ts';

describe('progressLine', () => {
  it.each([
    [0, '[  0.0s] x\n'],
    [12_345, '[ 12.3s] x\n'],
    [754_000, '[754.0s] x\n'],
  ])('shows %d ms as seconds with one decimal', (elapsed, line) => {
    expect(progressLine(elapsed, 'x')).toBe(line);
  });
});
