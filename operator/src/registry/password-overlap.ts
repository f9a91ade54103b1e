import type { FurtherHash } from './htpasswd-file.ts';

export interface OverlapInput {
  readonly user: string;
  /** The hash of the user's line in the file that holds now, if any. */
  readonly before: string | undefined;
  /** The hash of the user's line from now on. */
  readonly current: string;
  /** The further passwords in the file that holds now, of all users. */
  readonly further: readonly FurtherHash[];
  readonly overlapMs: number;
  readonly now: Date;
}

/** Each further one makes the check of every wrong password longer. */
const most = 3;

/** The passwords that go on to be valid beside the current one, the newest first. */
export function overlapping(input: OverlapInput): FurtherHash[] {
  const { user, before, current, overlapMs, now } = input;
  if (overlapMs === 0) return [];
  const latest = timeOf(now.getTime() + overlapMs);
  const replaced = before === undefined || before === current ? [] : [{ user, hash: before, until: latest }];
  const older = input.further.flatMap((one) => {
    const isOver = one.until === undefined || Date.parse(one.until) <= now.getTime();
    if (one.user !== user || isOver || one.hash === current || one.hash === before) return [];
    return [{ ...one, until: one.until < latest ? one.until : latest }];
  });
  return [...replaced, ...older].slice(0, most);
}

/** When the first of these is over, in milliseconds since 1970. */
export function firstEnd(further: readonly FurtherHash[]): number | undefined {
  const ends = further.flatMap(({ until }) => (until === undefined ? [] : [Date.parse(until)]));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** In whole seconds, so that such times can be compared as texts. */
function timeOf(ms: number): string {
  return `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
