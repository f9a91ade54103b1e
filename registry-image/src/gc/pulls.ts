import type { CollectionOptions } from '../config/maintenance.ts';
import { dayOf, endOfDay, pullsPath, pullsRoot } from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';

/** When a manifest was last pulled, in milliseconds since the epoch; Infinity when that cannot be told. */
export type LastPull = (repository: string, digest: string) => number;

const dayForm = /^\d{4}-\d{2}-\d{2}$/;

/** What the rules must know of pulls; undefined when none asks. */
export async function lastPullFor(
  reader: BoundedReader,
  { retention }: Pick<CollectionOptions, 'retention'>,
  now: number,
): Promise<LastPull | undefined> {
  const longest = Math.max(-1, ...retention.map(({ keepPulledWithin = -1 }) => keepPulledWithin));
  return longest < 0 ? undefined : readPulls(reader, now, longest);
}

/**
 * Reads what was pulled within a time before now. The log knows days, so a pull counts as one at the end of its day. When it does not
 * reach back that far, what was pulled before it began cannot be told.
 * @param within milliseconds
 */
export async function readPulls(reader: BoundedReader, now: number, within: number): Promise<LastPull> {
  const from = dayOf(Math.max(0, now - within));
  const days = ((await reader.children(pullsRoot)) ?? [])
    .map(({ name }) => name)
    .filter((name) => dayForm.test(name));
  const reachesBack = days.some((day) => day <= from);
  const last = new Map<string, number>();
  const files: string[] = [];
  for (const day of days.filter((one) => one >= from)) {
    for (const { name } of (await reader.children(`${pullsRoot}/${day}`)) ?? [])
      files.push(pullsPath(day, name));
  }
  await forEachBounded(files, async (path) => {
    // A file may go while it is read, when another that holds all of it is there already.
    const text = (await reader.content(path))?.toString() ?? '';
    for (const line of text.split('\n')) {
      const [day = '', repository = '', digest] = line.split(' ');
      if (digest === undefined || !dayForm.test(day)) continue;
      const key = `${repository} ${digest}`;
      last.set(key, Math.max(last.get(key) ?? 0, endOfDay(day)));
    }
  });
  return (repository, digest) => last.get(`${repository} ${digest}`) ?? (reachesBack ? 0 : Infinity);
}
