import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import { purgeJournal } from '../registry/journal.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { isFull } from '../storage/file-errors.ts';
import { type BoundedReader, createBoundedReader } from './bounded-reader.ts';
import type { Report } from './counts.ts';
import { withDepartedTags } from './departed-tags.ts';
import { inspectDoomed } from './doomed.ts';
import { cleanStore, removeEmptied } from './empty-directories.ts';
import { blobBytes, judgeTrash } from './judgement.ts';
import { createMemory, type Memory } from './memory.ts';
import { planConfirmation } from './plan.ts';
import { putBack } from './put-back.ts';
import { lastPullFor } from './pulls.ts';
import { readStore } from './store-reader.ts';
import { withReturningTags } from './returning-tags.ts';
import { openSinceSweep, removeSweepRecords } from './sweep-record.ts';
import { readTrash, type Trash, type TrashFile } from './trash-files.ts';
import { freeTrash, keepForUndo } from './undo.ts';
import { withWritten } from './written.ts';

/** What the second mark counts; the rest was counted by the sweep. */
export type ConfirmCounts = Pick<
  CollectionCounts,
  'restored' | 'bytesFreed' | 'bytesPending' | 'repositoriesRemoved'
>;

export interface ConfirmOptions {
  readonly driver: StorageDriver;
  readonly options: CollectionOptions;
  /** Milliseconds since the epoch, by which leases are judged; what is put back gets a new lease from then. */
  readonly now: number;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Receives what could not be told and was kept for that reason, a sentence each. */
  readonly warn?: (problem: string) => void;
  /** What all is kept in; whoever knows that the store is large gives one for which nothing is few. */
  readonly memory?: Memory;
}

/**
 * The second mark, with writes on, over every directory of the trash, those of dead runs included. What it finds
 * alive, or cannot tell, and what the store lacks is renamed back; what it finds dead, or the store has again, is
 * kept for `undoFor` and then freed. Only what lay in the trash before the mark began is judged. Then it removes what is left empty. May
 * be killed and run again at any point.
 */
export async function confirm(run: ConfirmOptions): Promise<ConfirmCounts> {
  const reader = createBoundedReader(run.driver, run.signal);
  await run.report({ phase: 'Confirming', counts: {}, touched: false });
  const { memory = createMemory() } = run;
  // Before the trash is read, and judged as if it had ended.
  const open = await openSinceSweep(reader);
  const trash = await readTrash(reader, memory);
  // First, so that they need not be looked at: a sweep leaves the directory of each digest.
  await removeEmptied(run, trash.files);
  const { content: found, hollow } = await readStore(reader, trash.files, memory);
  const lastPull = await lastPullFor(reader, run.options, run.now);
  const whole = withWritten(await withDepartedTags(reader, { ...found, lastPull }), open);
  const content = withReturningTags(whole, trash.files, run);
  const plan = planConfirmation(content, run.options, run.now);
  plan.problems.forEach((problem) => run.warn?.(problem));
  const { alive, dead, deadBytes, foreign } = judgeTrash(trash.files, content, plan);
  for (const { path } of foreign) {
    run.warn?.(`${path} is in the trash, but no collection put it there; it is left alone`);
  }
  const { restored, obsolete } = await putBack({ ...run, reader }, alive);
  await run.report({ phase: 'Confirming', counts: { restored }, touched: restored > 0 });
  const freed = await settle(run, reader, {
    trash,
    dead: chain(dead, obsolete),
    bytes: obsolete.reduce((sum, file) => sum + blobBytes(file), deadBytes),
    moved: alive,
  });
  await removeSweepRecords(run.driver, reader);
  // Here as well, for a registry that purges no uploads: nobody but a collection reads it.
  await purgeJournal(run.driver, run.now);
  const inspection = await inspectDoomed(reader, { content, plan }, memory);
  const left = { hollow: [...inspection.hollow, ...hollow], plan };
  const repositoriesRemoved = await cleanStore({ ...run, reader }, left);
  const counts = { restored, ...freed, repositoriesRemoved };
  await run.report({ phase: 'Confirmed', counts, touched: restored > 0 });
  return counts;
}

interface Settled {
  readonly trash: Trash;
  readonly dead: Iterable<TrashFile>;
  /** Of the blobs among them. */
  readonly bytes: number;
  /** What was put back. */
  readonly moved: Iterable<TrashFile>;
}

async function settle(
  run: ConfirmOptions,
  reader: BoundedReader,
  { trash, dead, bytes, moved }: Settled,
): Promise<Pick<ConfirmCounts, 'bytesFreed' | 'bytesPending'>> {
  run.signal.throwIfAborted();
  const isKept = run.options.undoFor > 0 && (await isKeptForUndo(run, reader, dead));
  await freeTrash(run, trash, isKept ? { dead: [], moved: chain(moved, dead) } : { dead, moved });
  return isKept ? { bytesFreed: 0, bytesPending: bytes } : { bytesFreed: bytes, bytesPending: 0 };
}

/** False when there is no room for that: each thing that is kept takes directories. */
async function isKeptForUndo(
  run: ConfirmOptions,
  reader: BoundedReader,
  dead: Iterable<TrashFile>,
): Promise<boolean> {
  try {
    await keepForUndo({ ...run, reader }, { dead, expires: run.now + run.options.undoFor });
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    run.warn?.('the storage is full: what was swept is freed at once and cannot be restored');
    return false;
  }
}

function chain<T>(one: Iterable<T>, other: Iterable<T>): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      yield* one;
      yield* other;
    },
  };
}
