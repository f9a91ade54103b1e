import { describe, expect, it } from 'vitest';
import { findCollision } from './collision.ts';

const ranges = ['10.86.0.0/24', '10.87.0.0/16'];
const none = new Set<string>();

describe('findCollision', () => {
  it('names the range and the route', () => {
    const route = { dst: '10.87.3.0/24', dev: 'tun0' };
    expect(findCollision([{ dst: 'default', dev: 'eth0' }, route], ranges, none)).toEqual({
      range: '10.87.0.0/16',
      route,
    });
  });

  it('sees a larger network around the range', () => {
    expect(findCollision([{ dst: '10.0.0.0/8', dev: 'vpn' }], ranges, none)?.range).toBe('10.86.0.0/24');
  });

  it('leaves out default routes, split default routes, IPv6 and links of its own', () => {
    const routes = [
      { dst: 'default', dev: 'eth0' },
      { dst: '0.0.0.0/1', dev: 'tun0' },
      { dst: 'fe80::/64', dev: 'eth0' },
      { dst: '10.86.0.1', dev: 'wharfinger0' },
      { dst: '192.0.2.0/24', dev: 'eth0' },
    ];
    expect(findCollision(routes, ranges, new Set(['wharfinger0']))).toBeUndefined();
  });
});
