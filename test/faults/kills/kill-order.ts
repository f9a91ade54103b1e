/** What the kill switch (kill-switch.ts) and the campaign tell each other, as files in a directory. */
export interface KillOrder {
  /** Entry of the processes that count their calls from when the order is there. */
  readonly entry: Entry;
  /** Which collector, in the order of their first calls; of workers it is the first that comes to the call. */
  readonly ordinal?: number;
  /** From 1 on; none: calls are noted and nobody is killed. */
  readonly call?: number;
  readonly when?: Moment;
}

export type Entry = 'collector' | 'worker';
export type Moment = 'before' | 'after';

export const orderFile = 'order.json';
/** The order has this name from the kill on. */
export const hitFile = 'hit.json';
/** Names the directory to processes under the switch. */
export const directoryVariable = 'WHARFINGER_TEST_KILLS';
/** Milliseconds by which each change that a collector makes to the storage is held up. */
export const slownessVariable = 'WHARFINGER_TEST_KILLS_SLOWNESS';

/** Where a process notes its calls, a line each. */
export function logFile(entry: Entry, ordinal: number): string {
  return `${entry}-${ordinal}.log`;
}
