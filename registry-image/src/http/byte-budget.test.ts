import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createByteBudget } from './byte-budget.ts';

describe('a byte budget', () => {
  it('lets so much run at a time, in order, and goes on after a failure', async () => {
    const budget = createByteBudget({ bytes: 10 });
    const running = new Map<string, () => void>();
    const run = (name: string, bytes: number): Promise<void> =>
      budget.run(bytes, () => new Promise<void>((resolve) => running.set(name, resolve)));
    const end = async (name: string): Promise<void> => {
      running.get(name)?.();
      running.delete(name);
      await setImmediate();
    };
    const all = [run('a', 6), run('b', 4), run('c', 20), run('d', 1)];
    await setImmediate();
    expect([...running.keys()]).toEqual(['a', 'b']);
    await end('a');
    expect([...running.keys()]).toEqual(['b']);
    await end('b');
    expect([...running.keys()]).toEqual(['c']);
    await end('c');
    expect([...running.keys()]).toEqual(['d']);
    await end('d');
    await Promise.all(all);
    await expect(budget.run(10, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await budget.run(10, async () => 'free again')).toBe('free again');
  });
});
