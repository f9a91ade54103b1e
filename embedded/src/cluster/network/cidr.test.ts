import { describe, expect, it } from 'vitest';
import { addressAt, formatCidr, overlaps, parseCidr } from './cidr.ts';

describe('parseCidr', () => {
  it.each([
    ['10.86.0.7/24', '10.86.0.0/24'],
    ['192.0.2.2', '192.0.2.2/32'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (text, range) => {
    expect(formatCidr(parseCidr(text))).toBe(range);
  });

  it.each(['10.86.0/24', '10.86.0.256/24', '10.86.0.0/33', '10.86.0.0/', 'fd00::/64'])(
    'refuses %s',
    (text) => {
      expect(() => parseCidr(text)).toThrow();
    },
  );
});

describe('addressAt', () => {
  it('crosses octets', () => {
    expect(addressAt(parseCidr('10.87.0.0/16'), 257)).toBe('10.87.1.1');
  });
});

describe('overlaps', () => {
  it.each([
    ['10.86.0.0/24', '10.86.0.128/25', true],
    ['10.86.0.0/24', '10.0.0.0/8', true],
    ['10.86.0.0/24', '10.86.1.0/24', false],
    ['200.0.0.0/8', '200.1.0.0/16', true],
  ])('%s and %s: %s', (a, b, answer) => {
    expect(overlaps(parseCidr(a), parseCidr(b))).toBe(answer);
  });
});
