import { describe, expect, it } from 'vitest';
import { createWindowKeeper, longestWindow } from './maintenance-window.ts';

function keeperAt(start: number): {
  clock: { wallTime: number; monotonicTime: number };
  keeper: ReturnType<typeof createWindowKeeper>;
  see: (run: string, attempt: number, deadline?: number) => void;
} {
  const clock = { wallTime: start, monotonicTime: 0 };
  const keeper = createWindowKeeper({ wall: () => clock.wallTime, monotonic: () => clock.monotonicTime });
  const see = (run: string, attempt: number, deadline?: number): void => {
    keeper.see({
      run,
      attempt,
      window: deadline === undefined ? undefined : { deadline: new Date(deadline).toISOString() },
    });
  };
  return { clock, keeper, see };
}

describe('createWindowKeeper', () => {
  it('is active from first sight to the deadline, and expired then', () => {
    const { clock, keeper, see } = keeperAt(1_000_000);
    see('a', 0, 1_005_000);
    expect([keeper.active, keeper.remaining, keeper.expired]).toEqual([true, 5_000, false]);
    clock.wallTime += 5_000;
    expect([keeper.active, keeper.expired]).toEqual([false, true]);
  });

  it('ends by the monotonic clock when the wall clock is set back', () => {
    const { clock, keeper, see } = keeperAt(1_000_000);
    see('a', 0, 1_005_000);
    clock.wallTime -= 3_600_000;
    clock.monotonicTime += 4_999;
    expect(keeper.active).toBe(true);
    clock.monotonicTime += 1;
    expect([keeper.active, keeper.expired]).toEqual([false, true]);
  });

  it('is never longer than ten minutes', () => {
    const { clock, keeper, see } = keeperAt(1_000_000);
    see('a', 0, 1_000_000 + 2 * longestWindow);
    clock.monotonicTime += longestWindow;
    expect(keeper.active).toBe(false);
  });

  it('does not enter an expired window again, also with another deadline, but enters that of the next attempt', () => {
    const { clock, keeper, see } = keeperAt(1_000_000);
    see('a', 0, 1_001_000);
    clock.wallTime += 1_000;
    expect(keeper.expired).toBe(true);
    see('a', 0, 1_900_000);
    expect([keeper.active, keeper.expired]).toEqual([false, true]);
    see('a', 1, 1_900_000);
    expect([keeper.active, keeper.expired]).toEqual([true, false]);
    see('a', 0, 1_900_000);
    expect(keeper.active).toBe(false);
  });

  it('does not enter a window whose deadline has passed at first sight', () => {
    const { keeper, see } = keeperAt(1_000_000);
    see('a', 0, 999_999);
    expect([keeper.active, keeper.expired]).toEqual([false, true]);
  });

  it('ends without expiring when the window goes from the file', () => {
    const { keeper, see } = keeperAt(1_000_000);
    see('a', 0, 1_005_000);
    see('a', 0);
    expect([keeper.active, keeper.expired]).toEqual([false, false]);
    keeper.see(null);
    expect([keeper.active, keeper.expired]).toEqual([false, false]);
  });
});
