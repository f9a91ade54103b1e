import type { Command } from './protocol.ts';

/**
 * A worker that was replaced only passes requests on, so its clients have time: to come to a rest, and to close themselves the
 * connections that they use no more, as Go's client does after 90 s.
 */
export const replacedDrain: Command = {
  type: 'drain',
  replaced: true,
  limits: { rest: 100_000, patience: 60_000 },
};
/** Not more than two generations of workers are to take memory for long. */
export const hurriedDrain: Command = { ...replacedDrain, limits: { rest: 5_000, patience: 60_000 } };

/** All are to end within `limit` milliseconds; half of them are left for what is under way when the last request was taken. */
export function lastDrain(limit: number): Command {
  return { type: 'drain', replaced: false, limits: { rest: 500, patience: limit / 4 } };
}
