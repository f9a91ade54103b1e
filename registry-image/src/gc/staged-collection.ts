import { createBoundedReader, forEachBounded } from './bounded-reader.ts';
import type { CollectOptions } from './collect.ts';
import { markedCounts, zeroCounts } from './counts.ts';
import { moveToTrash, removeAtOnce } from './disposal.ts';
import type { DoomedList } from './doomed-list.ts';
import { additionsSince, JournalError, journalPosition } from './journal-reader.ts';
import { type Mark, markStore } from './mark.ts';
import { createRecheck, type Recheck } from './recheck.ts';
import { createReserve, type Reserve } from './reserve.ts';
import { countEligible, prepareTrash, sweepDoomed, unusedTrash } from './sweep.ts';
import { expectSweep, recordSweep } from './sweep-record.ts';
import { markInWindow } from './window-mark.ts';

/** More than a window moves, by far; a disk that is slow has some milliseconds for each between two windows. */
const lookedAhead = 20_000;

/** A mark that was made while writes went on, kept for the windows of its run. */
export interface StagedCollection {
  readonly mark: Mark;
  /**
   * Sweeps what the journal does not bring back. Must run while no commit section can.
   * @param window.until true when the budget of this window is used up
   * @param window.signal ends it between two things that go
   * @returns how much is left for another window, what is alive again among it
   */
  sweep(window: { until: () => boolean; signal: AbortSignal }): Promise<number>;
  /**
   * Looks at what the next window is to move first, so that the machine has it in memory then and the window need not wait for a disk; takes
   * the room again that the last window needed.
   * @param until true when it is to end
   */
  lookAhead(until: () => boolean): Promise<void>;
}

/**
 * Marks a store while writes go on (docs/architecture.md, "Garbage collection"). Makes only the empty directories of
 * its trash, the note of its sweep and the room that it may need. Throws what the storage threw: then nothing can be said to be dead.
 */
export async function beginStagedCollection(
  run: CollectOptions & {
    /** What is swept is removed, and not kept for a second mark: for a storage that nobody else uses. */
    readonly atOnce?: boolean;
    /** Sees the mark before it is told to be done. */
    readonly inspect?: (mark: Mark) => Promise<void>;
  },
): Promise<StagedCollection> {
  const reader = createBoundedReader(run.driver, run.signal);
  await run.report({ phase: 'Marking', counts: zeroCounts(), touched: false });
  // Before anything else is read: what is committed from here on is told by the journal.
  const position = await journalPosition(reader).catch(asUntrusted);
  if (run.atOnce && position instanceof JournalError) throw untold(position);
  let mark = await markStore(reader, run.options, run.now);
  mark.plan.problems.forEach((problem) => run.warn?.(problem));
  // Here, because it takes a while on a large store, and a window is short.
  const counts = markedCounts(mark.content, mark.plan);
  const eligible = { ...counts };
  countEligible(eligible, mark);
  let trash = run.options.dryRun ? '' : await unusedTrash(reader, run.trash);
  const used = new Set<string>();
  let reserve: Reserve | undefined;
  if (!run.options.dryRun && mark.doomed.length > 0) {
    const directories = run.atOnce ? 0 : await prepareTrash({ driver: run.driver, trash }, mark.doomed);
    await noteSweep();
    if (!run.atOnce) {
      reserve = createReserve(run.driver, directories);
      await reserve.keep(mark.doomed.length);
    }
  }
  let left: DoomedList = mark.doomed;
  await run.inspect?.(mark);
  await run.report({ phase: 'Marked', counts: eligible, touched: false, remaining: left.length });

  async function noteSweep(): Promise<void> {
    used.add(trash);
    await expectSweep(run.driver, trash);
  }

  /** How to tell what of the rest is still dead; undefined when all of it is. */
  async function lookAgain(signal: AbortSignal): Promise<Recheck | undefined> {
    const windowReader = createBoundedReader(run.driver, signal);
    const additions =
      position instanceof JournalError
        ? position
        : await additionsSince(windowReader, position).catch(asUntrusted);
    if (!(additions instanceof JournalError)) {
      const options = { reader: windowReader, options: run.options, now: run.now };
      return createRecheck(options, mark.content, additions);
    }
    if (run.atOnce) throw untold(additions);
    run.warn?.(`the journal cannot be trusted, so all is marked again in the window: ${additions.message}`);
    mark = await markInWindow(windowReader, run.options, run.now);
    // What an earlier window of this run took may have come again since.
    trash = await unusedTrash(windowReader, run.trash);
    await noteSweep();
    left = mark.doomed;
    return undefined;
  }

  return {
    get mark() {
      return mark;
    },
    async lookAhead(until) {
      await reserve?.keep(left.length);
      const ahead = left.slice(0, lookedAhead);
      await forEachBounded(ahead, async ({ path }) => {
        // Whatever is wrong with it is for the sweep to find.
        if (!until()) await reader.stat(path).catch(() => {});
      });
    },
    async sweep({ until, signal }) {
      const { driver, report } = run;
      const isStillDead = await lookAgain(signal);
      const makeRoom = async (): Promise<boolean> => (await reserve?.release()) ?? false;
      const dispose = run.atOnce ? removeAtOnce(driver, trash) : moveToTrash(driver, trash, makeRoom);
      const options = { dispose, report, signal, until, isStillDead };
      left = await sweepDoomed(options, left, counts);
      const from = position instanceof JournalError ? undefined : position;
      if (left.length === 0) {
        await reserve?.drop();
        await recordSweep(driver, createBoundedReader(driver, signal), { trash: [...used], from });
      }
      await report({ phase: 'Swept', counts: { ...counts }, touched: false, remaining: left.length });
      return left.length;
    },
  };
}

function untold({ message }: JournalError): Error {
  return new Error(`the journal cannot be trusted (${message}): collect without --offline`);
}

/** What cannot be told by the journal is marked in the window; every other error is thrown. */
function asUntrusted(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  throw error;
}
