import { describe, expect, it } from 'vitest';
import { createSharedRuns } from './shared-runs.ts';

/** Work that ends when it is told to; each run gives its number. */
function controlled(): {
  work: () => Promise<number>;
  end: (number: number, error?: Error) => Promise<void>;
} {
  const runs: PromiseWithResolvers<number>[] = [];
  return {
    work() {
      const run = Promise.withResolvers<number>();
      runs.push(run);
      return run.promise;
    },
    async end(number, error) {
      const run = runs[number - 1];
      if (!run) throw new Error(`no run ${number} has begun`);
      if (error) run.reject(error);
      else run.resolve(number);
      await new Promise(setImmediate);
    },
  };
}

describe('shared runs', () => {
  it('give who asks during a run the result of the next, once for all of them', async () => {
    const runs = createSharedRuns<number>();
    const { work, end } = controlled();
    const first = runs.run('a', work);
    const second = runs.run('a', work);
    const third = runs.run('a', work);
    await expect(end(2)).rejects.toThrow('no run 2 has begun');
    await end(1);
    const fourth = runs.run('a', work);
    await end(2);
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 2]);
    await end(3);
    expect(await fourth).toBe(3);
    const fifth = runs.run('a', work);
    await end(4);
    expect(await fifth).toBe(4);
  });

  it('do not wait for those of another name', async () => {
    const runs = createSharedRuns<number>();
    const { work, end } = controlled();
    const one = runs.run('a', work);
    const other = runs.run('b', work);
    await end(2);
    expect(await other).toBe(2);
    await end(1);
    expect(await one).toBe(1);
  });

  it('go on after one that failed, whose error only those get who asked for it', async () => {
    const runs = createSharedRuns<number>();
    const { work, end } = controlled();
    const first = runs.run('a', work);
    const second = runs.run('a', work);
    const third = runs.run('a', work);
    const failed = expect(first).rejects.toThrow('broken');
    await end(1, new Error('broken'));
    await failed;
    const alsoFailed = Promise.all([second, third].map((run) => expect(run).rejects.toThrow('again')));
    await end(2, new Error('again'));
    await alsoFailed;
    const fourth = runs.run('a', work);
    await end(3);
    expect(await fourth).toBe(3);
  });
});
