/** The storage is slow when so many of at most so many calls were; other processes may hold up a few on any. */
const sample = 32;
const slowOfSample = 8;
/** Calls for which it is taken for slow then, before it is tried again, and at most. */
const shortest = 1_000;
const longest = 8_000;

/**
 * Judges a storage by one call after another: the result tells, after each, for how many calls it is slow from now on; mostly 0. Found slow
 * again when it was tried again, it is so for twice as many, so that hardly any is called at the pace of a slow storage one by one.
 */
export function createSlowSpells(): (isSlow: boolean) => number {
  let [calls, slowCalls, spell] = [0, 0, shortest];

  function judged(next: number): void {
    [calls, slowCalls, spell] = [0, 0, next];
  }

  return function judge(isSlow) {
    calls++;
    if (isSlow) slowCalls++;
    if (slowCalls === slowOfSample) {
      const found = spell;
      judged(Math.min(longest, 2 * spell));
      return found;
    }
    if (calls === sample) judged(shortest);
    return 0;
  };
}
