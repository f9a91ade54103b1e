import type { CollectionCounts } from '../config/state.ts';
import { createBoundedReader } from './bounded-reader.ts';
import type { CollectOptions } from './collect.ts';
import { markedCounts, zeroCounts } from './counts.ts';
import type { DoomedList } from './doomed-list.ts';
import { additionsSince, JournalError, journalPosition } from './journal-reader.ts';
import { type Mark, markStore } from './mark.ts';
import { recheck } from './recheck.ts';
import { countEligible, prepareTrash, sweepDoomed, unusedTrash } from './sweep.ts';
import { expectSweep, recordSweep } from './sweep-record.ts';
import { markInWindow } from './window-mark.ts';

/** A mark that was made while writes went on, kept for the windows of its run. */
export interface StagedCollection {
  readonly mark: Mark;
  /**
   * Sweeps what the journal does not bring back. Must run while no commit section can.
   * @param window.until true when the budget of this window is used up
   * @param window.signal ends it between two renames
   * @returns how much is left for another window
   */
  sweep(window: { until: () => boolean; signal: AbortSignal }): Promise<number>;
}

/**
 * Marks a store while writes go on (docs/architecture.md, "Garbage collection"). Makes only the empty directories of
 * its trash and the note of its sweep. Throws what the storage threw: then nothing can be said to be dead.
 */
export async function beginStagedCollection(
  run: CollectOptions & {
    /** Sees the mark before it is told to be done. */
    readonly inspect?: (mark: Mark) => Promise<void>;
  },
): Promise<StagedCollection> {
  const reader = createBoundedReader(run.driver, run.signal);
  await run.report({ phase: 'Marking', counts: zeroCounts(), touched: false });
  // Before anything else is read: what is committed from here on is told by the journal.
  const position = await journalPosition(reader).catch(asUntrusted);
  let mark = await markStore(reader, run.options, run.now);
  mark.plan.problems.forEach((problem) => run.warn?.(problem));
  const eligible = markedCounts(mark.content, mark.plan);
  countEligible(eligible, mark);
  let trash = run.options.dryRun ? '' : await unusedTrash(reader, run.trash);
  const used = new Set<string>();
  if (!run.options.dryRun && mark.doomed.length > 0) {
    await prepareTrash({ driver: run.driver, trash }, mark.doomed);
    await noteSweep();
  }
  let left: DoomedList = mark.doomed;
  let counts: CollectionCounts | undefined;
  await run.inspect?.(mark);
  await run.report({ phase: 'Marked', counts: eligible, touched: false, remaining: left.length });

  async function noteSweep(): Promise<void> {
    used.add(trash);
    await expectSweep(run.driver, trash);
  }

  async function stillDead(signal: AbortSignal): Promise<DoomedList> {
    const windowReader = createBoundedReader(run.driver, signal);
    const additions =
      position instanceof JournalError
        ? position
        : await additionsSince(windowReader, position).catch(asUntrusted);
    if (!(additions instanceof JournalError)) {
      const options = { reader: windowReader, options: run.options, now: run.now };
      return recheck(options, { content: mark.content, doomed: left }, additions);
    }
    run.warn?.(`the journal cannot be trusted, so all is marked again in the window: ${additions.message}`);
    mark = await markInWindow(windowReader, run.options, run.now);
    // What an earlier window of this run took may have come again since.
    trash = await unusedTrash(windowReader, run.trash);
    await noteSweep();
    return mark.doomed;
  }

  return {
    get mark() {
      return mark;
    },
    async sweep({ until, signal }) {
      counts ??= markedCounts(mark.content, mark.plan);
      const { driver, report } = run;
      const doomed = await stillDead(signal);
      left = await sweepDoomed({ driver, trash, report, signal, until }, doomed, counts);
      const from = position instanceof JournalError ? undefined : position;
      if (left.length === 0)
        await recordSweep(driver, createBoundedReader(driver, signal), { trash: [...used], from });
      await report({ phase: 'Swept', counts: { ...counts }, touched: false, remaining: left.length });
      return left.length;
    },
  };
}

/** What cannot be told by the journal is marked in the window; every other error is thrown. */
function asUntrusted(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  throw error;
}
