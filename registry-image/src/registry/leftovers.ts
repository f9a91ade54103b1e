import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { deletedRoot, deletionsRoot } from '../storage/paths.ts';
import type { CommitGate } from './commit-gate.ts';
import { endDeletion, findDeletions } from './deletions.ts';
import { findDepartures, settleDepartures } from './departures.ts';
import { namesIn } from './doomed-directories.ts';
import { createJournal } from './journal.ts';
import { forEachInLanes } from './lanes.ts';
import { absentAsUndefined } from './links.ts';
import { createTags } from './tags.ts';

/** Removals at a time. */
const lanes = 4;

/**
 * Ends what processes that were killed had begun: removes what they had put aside to be removed and the tags of revisions that they had
 * taken, and puts back the tags that they should not have taken.
 * @throws WritesRefusedError there is such a tag, and the registry takes no writes; what kept a deletion from its end, after all else
 */
export async function removeLeftovers({
  driver,
  gate,
}: {
  driver: StorageDriver;
  gate: CommitGate;
}): Promise<void> {
  const left = (await absentAsUndefined(driver.list(deletedRoot))) ?? [];
  await forEachInLanes(left, lanes, ({ path }) => driver.delete(path));
  const journal = createJournal({ driver, process: randomUUID() });
  const tags = createTags({ driver, journal, concurrencyLimit: 0 });
  const failures: unknown[] = [];
  for (const deletion of await findDeletions(driver)) {
    // One that cannot be ended keeps nothing else from its end.
    await endDeletion({ driver, gate, tags }, deletion).catch((error: unknown) => failures.push(error));
  }
  if ((await findDepartures(driver)).length > 0) await gate.run(() => settleDepartures({ driver, journal }));
  for (const id of await namesIn(driver, deletionsRoot)) await driver.removeIfEmpty(`${deletionsRoot}/${id}`);
  if (failures.length > 0) throw failures[0];
}
