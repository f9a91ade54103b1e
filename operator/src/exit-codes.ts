/** Exit codes of the operator. */
export const exitCodes = {
  /** Stopped by SIGTERM or SIGINT, its Lease released. */
  stopped: 0,
  /** Could not start, or failed in a way it does not know. */
  failure: 1,
  /** An option is missing or wrong; the sentence is on standard error. */
  usage: 2,
  /** The Lease was lost: another operator leads, this one starts anew. */
  leadershipLost: 3,
} as const;
