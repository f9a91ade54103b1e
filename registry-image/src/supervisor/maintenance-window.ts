import type { CollectionMaintenance } from '../config/maintenance.ts';

export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  wall(): number;
  /** Milliseconds that only grow. */
  monotonic(): number;
}

export const systemClock: Clock = { wall: () => Date.now(), monotonic: () => performance.now() };

/** No window lasts longer than this, whatever its deadline and the clocks say. */
export const longestWindow = 600_000;
/** Windows remembered, so that one that was ended is not entered again. */
const remembered = 32;

export interface WindowKeeper {
  /** Takes up what the file says now. */
  see(maintenance: Pick<CollectionMaintenance, 'run' | 'attempt' | 'window'> | null): void;
  /** True while writes are to be held; false from the deadline on. */
  readonly active: boolean;
  /** True when the window of the current run was ended here. */
  readonly expired: boolean;
  /** Milliseconds until the active window ends by itself, else undefined. */
  readonly remaining: number | undefined;
  /** Ends the active window before its time. */
  release(): void;
}

interface Sight {
  /** Monotonic time at which the window ends at the latest. */
  readonly cap: number;
  expired: boolean;
  released: boolean;
}

/**
 * Decides whether a window is open: from its first sight until it goes from the file, its deadline passes, or the time that was left at first
 * sight is over by a clock that cannot jump, or it is released. One that ended is never entered again.
 * @param longest milliseconds that no window lasts longer than
 */
export function createWindowKeeper(clock: Clock, longest = longestWindow): WindowKeeper {
  const sights = new Map<string, Sight>();
  let current: { sight: Sight; deadline: number } | undefined;
  let key = '';

  function remaining(): number | undefined {
    if (!current || current.sight.released) return undefined;
    const { sight, deadline } = current;
    if (!sight.expired && (clock.wall() >= deadline || clock.monotonic() >= sight.cap)) sight.expired = true;
    if (sight.expired) return undefined;
    return Math.max(0, Math.min(deadline - clock.wall(), sight.cap - clock.monotonic()));
  }

  function firstSight(deadline: number): Sight {
    const left = Math.min(longest, deadline - clock.wall());
    const sight = { cap: clock.monotonic() + left, expired: false, released: false };
    sights.set(key, sight);
    const [oldest] = sights.keys();
    if (sights.size > remembered && oldest !== undefined) sights.delete(oldest);
    return sight;
  }

  return {
    see(maintenance) {
      key = maintenance ? `${maintenance.run} ${maintenance.attempt}` : '';
      if (!maintenance?.window) {
        current = undefined;
        return;
      }
      const deadline = Date.parse(maintenance.window.deadline);
      current = { sight: sights.get(key) ?? firstSight(deadline), deadline };
    },
    get active() {
      return remaining() !== undefined;
    },
    get expired() {
      remaining();
      return sights.get(key)?.expired ?? false;
    },
    get remaining() {
      return remaining();
    },
    release() {
      if (current) current.sight.released = true;
    },
  };
}
