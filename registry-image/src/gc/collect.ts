import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createBoundedReader } from './bounded-reader.ts';
import { markedCounts, type Report, zeroCounts } from './counts.ts';
import { moveToTrash } from './disposal.ts';
import { countEligible, sweepDoomed, unusedTrash } from './sweep.ts';
import { expectSweep, recordSweep } from './sweep-record.ts';
import { markInWindow } from './window-mark.ts';

export interface CollectOptions {
  readonly driver: StorageDriver;
  readonly options: CollectionOptions;
  /** Name of this run's directory in the trash (RUN-ATTEMPT). */
  readonly trash: string;
  /** Milliseconds since the epoch, by which leases are judged. */
  readonly now: number;
  readonly report: Report;
  /** Ends the run between two renames. */
  readonly signal: AbortSignal;
  /** Receives what could not be told and was kept for that reason, a sentence each. */
  readonly warn?: (problem: string) => void;
}

/**
 * Marks what is alive and renames the rest into the trash, all at once; in a dry run it only counts. Must run while no commit
 * section can (docs/architecture.md, "Garbage collection"); directories left empty are for the second mark. Throws what the storage threw, before anything is moved
 * when it came of the mark, and the signal's reason when aborted.
 */
export async function collect(run: CollectOptions): Promise<CollectionCounts> {
  const reader = createBoundedReader(run.driver, run.signal);
  await run.report({ phase: 'Marking', counts: zeroCounts(), touched: false });
  const mark = await markInWindow(reader, run.options, run.now);
  mark.plan.problems.forEach((problem) => run.warn?.(problem));
  const counts = markedCounts(mark.content, mark.plan);
  if (run.options.dryRun) {
    countEligible(counts, mark);
    await run.report({ phase: 'Swept', counts, touched: false });
    return counts;
  }
  await run.report({ phase: 'Sweeping', counts: { ...counts }, touched: false });
  const trash = await unusedTrash(reader, run.trash);
  if (mark.doomed.length > 0) await expectSweep(run.driver, trash);
  await sweepDoomed({ ...run, dispose: moveToTrash(run.driver, trash) }, mark.doomed, counts);
  await recordSweep(run.driver, reader, { trash: [trash] });
  await run.report({ phase: 'Swept', counts: { ...counts }, touched: mark.doomed.length > 0 });
  return counts;
}
