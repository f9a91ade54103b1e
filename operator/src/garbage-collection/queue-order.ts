import type { Sibling } from './observation.ts';
import { type Run, isActive } from './run.ts';

/** The run of the same Registry that goes before this one: the active one, else the oldest that waits. */
export function runAhead(run: Run, siblings: readonly Sibling[]): Sibling | undefined {
  const active = siblings.find((sibling) => isActive(sibling.phase));
  if (active !== undefined) return active;
  const older = siblings.filter(
    (sibling) => sibling.phase === 'Queued' && !sibling.deleting && goesBefore(sibling, run),
  );
  return older.sort((one, other) => (goesBefore(one, other) ? -1 : 1))[0];
}

type Place = Pick<Sibling, 'created' | 'name'>;

function goesBefore(one: Place, other: Place): boolean {
  if (one.created !== other.created) return one.created < other.created;
  return one.name < other.name;
}
