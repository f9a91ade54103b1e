/** Times of a run, in milliseconds. */
export const bounds = {
  /** How often the state endpoints are asked while pushes wait: the window's length is what users feel. */
  windowPoll: 100,
  /** How often they are asked while writes are on. */
  confirmPoll: 500,
  /** How often a queued run looks again, besides being woken by what it waits for. */
  queuePoll: 5000,
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

/** Windows tried before a run whose replicas do not pause fails. */
export const maxAttempts = 3;
