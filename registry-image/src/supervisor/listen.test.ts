import { describe, expect, it } from 'vitest';
import { parseListenAddress } from './listen.ts';

describe('parseListenAddress', () => {
  it.each([
    [':5000', { port: 5000 }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[::1]:5000', { host: '::1', port: 5000 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('reads %s', (address, expected) => {
    expect(parseListenAddress(address, 'http.addr')).toEqual(expected);
  });

  it.each(['5000', '', ':', ':70000', '::1:5000', 'localhost', 'http://localhost:5000'])(
    'refuses %j',
    (address) => {
      expect(() => parseListenAddress(address, 'http.addr')).toThrow(/^http\.addr: '.*' is not an address/);
    },
  );
});
