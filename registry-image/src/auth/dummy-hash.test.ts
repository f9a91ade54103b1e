import { compare } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { createDummyHash } from './dummy-hash.ts';
import { bcryptCost, parseHtpasswd } from './htpasswd-file.ts';

const rest = 'x'.repeat(53);
const users = new Map([
  ['fast', [{ hash: `$2y$04$${rest}`, until: 1 }]],
  ['slow', [{ hash: `$2y$12$${rest}`, until: 1 }]],
  ['slower', [{ hash: `$2y$14$${rest}`, until: 1 }]],
]);

describe('createDummyHash', () => {
  it('costs what the check of some user costs, always the same for one name, in every process', () => {
    const [one, other] = [createDummyHash(users), createDummyHash(new Map(users))];
    const names = Array.from({ length: 300 }, (_, index) => `nobody${index}`);
    const costs = names.map((name) => bcryptCost(one(name)));
    expect(names.map((name) => bcryptCost(other(name)))).toEqual(costs);
    for (const cost of [4, 12, 14]) {
      const share = costs.filter((found) => found === cost).length / costs.length;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.5);
    }
  });

  it('is a hash that is really computed', async () => {
    const hash = createDummyHash(new Map())('nobody');
    expect(parseHtpasswd(`nobody:${hash}`).problems).toEqual([]);
    expect(bcryptCost(hash)).toBe(5);
    const dear = hash.replace('$05$', '$10$');
    const began = process.cpuUsage();
    expect(await compare('any', dear)).toBe(false);
    // 60,000 and more; 200 when the hash is refused before anything is computed.
    expect(process.cpuUsage(began).user).toBeGreaterThan(10_000);
  });
});
