/** Times of a run, in milliseconds. */
export const bounds = {
  /** How often the state endpoints are asked while pushes wait: the window's length is what users feel. */
  windowPoll: 100,
  /** How often they are asked while writes are on. */
  openPoll: 500,
  /** How often a queued run looks again, besides being woken by what it waits for. */
  queuePoll: 5000,
  /** How long a sweep may move things in one window, of most stores and of large ones. What is left then waits for the next window. */
  sweepBudget: { usual: 500, large: 1000 },
  /**
   * Between the end of a window and the next one, also of another run, so that the pushes held by the first go through. A window costs a busy
   * client half a second, so that this keeps below a twentieth what collections cost that follow one another.
   */
  windowGap: 12_000,
  /** A replica that took up the text and has begun no mark (or restored nothing) by then knows none: it marks in the window. */
  takeUp: 5000,
  /** For which the window waits for replacement workers that are forked beforehand. */
  prepare: 30_000,
  /** While writes are on, a replica that keeps the mark may be silent for this long. */
  markSilence: 30_000,
  /** For which a dry run waits for its plan. */
  plan: 5000,
  /** A replica that has not paused its writes by then ends the attempt. */
  pause: 5000,
  /** A replica that does not answer for this long is given up: its own deadline ends its window. */
  silence: 5000,
  /** Beyond the deadline of the window, for clocks that differ and answers under way. */
  deadlineGrace: 5000,
  /** Between an attempt that failed and the next one, so that pushes held by the first go through. */
  retry: 5000,
  /** For which a registry may be not Ready after an attempt that failed: whatever did not answer then is out of order. */
  recovery: 20_000,
} as const;

/** Windows given up and marks lost, after which a run fails. */
export const maxFailedAttempts = 3;

/** Steps kept in a status: the first ones of a run, and the last ones; those between them are counted. */
export const stepsKept = { first: 32, last: 160 } as const;
