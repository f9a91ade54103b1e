import type { CollectionOptions } from '../config/maintenance.ts';
import type { CollectionCounts } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { trashRoot } from '../storage/paths.ts';
import { type BoundedReader, createBoundedReader, forEachBounded } from './bounded-reader.ts';
import type { Report } from './counts.ts';
import { judgeTrash, restoreOrder } from './judgement.ts';
import { planCollection } from './plan.ts';
import { readStore } from './store-reader.ts';
import { readTrash, type Trash, type TrashFile } from './trash-files.ts';

/** What the second mark counts; the rest was counted by the sweep. */
export type ConfirmCounts = Pick<CollectionCounts, 'restored' | 'bytesFreed'>;

export interface ConfirmOptions {
  readonly driver: StorageDriver;
  readonly options: CollectionOptions;
  /** Milliseconds since the epoch, by which leases are judged; what is put back gets a new lease from then. */
  readonly now: number;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Receives what could not be told and was kept for that reason, a sentence each. */
  readonly warn?: (problem: string) => void;
}

/**
 * The second mark, with writes on, over every directory of the trash, those of dead runs included. What it finds
 * alive, or cannot tell, and what the store lacks is renamed back; what it finds dead, or the store has again, is
 * unlinked. Only what lay in the trash before the mark began is judged. May be killed and run again at any point.
 */
export async function confirm(run: ConfirmOptions): Promise<ConfirmCounts> {
  const reader = createBoundedReader(run.driver, run.signal);
  await run.report({ phase: 'Confirming', counts: {}, touched: false });
  const trash = await readTrash(reader);
  const counts: ConfirmCounts = { restored: 0, bytesFreed: 0 };
  if (trash.files.length > 0) await settleTrash(run, reader, trash, counts);
  for (const level of [[trashRoot], ...trash.directories].toReversed()) {
    await forEachBounded(level, async (directory) => {
      run.signal.throwIfAborted();
      await run.driver.removeIfEmpty(directory);
    });
  }
  await run.report({ phase: 'Confirmed', counts, touched: counts.restored > 0 });
  return counts;
}

async function settleTrash(
  run: ConfirmOptions,
  reader: BoundedReader,
  trash: Trash,
  counts: ConfirmCounts,
): Promise<void> {
  const { content } = await readStore(reader, trash.files);
  const plan = planCollection(content, run.options, run.now);
  plan.problems.forEach((problem) => run.warn?.(problem));
  const { alive, dead, foreign } = judgeTrash(trash.files, content, plan);
  foreign.forEach(({ path }) =>
    run.warn?.(`${path} is in the trash, but no collection put it there; it is left alone`),
  );
  const putBack = new Set<string>();
  for (const kind of restoreOrder) {
    const files = alive.filter((file) => file.layout?.kind === kind);
    await forEachBounded(files, async (file) => {
      run.signal.throwIfAborted();
      if (!(await restore(run, reader, file))) dead.push(file);
      else if (file.layout && 'digest' in file.layout) putBack.add(file.layout.digest);
    });
    counts.restored = putBack.size;
  }
  await run.report({ phase: 'Confirming', counts: { ...counts }, touched: counts.restored > 0 });
  await forEachBounded(dead, async (file) => {
    run.signal.throwIfAborted();
    await run.driver.delete(file.path);
    if (file.layout?.kind === 'blobData') counts.bytesFreed += file.size;
  });
}

/**
 * Puts one file back unless the store has it again, and tells whether it did. Its lease begins anew, so that a copy
 * that a push brings at this very moment loses none by being replaced.
 */
async function restore(run: ConfirmOptions, reader: BoundedReader, file: TrashFile): Promise<boolean> {
  if (await reader.stat(file.origin)) return false;
  await run.driver.touch(file.path, run.now);
  await run.driver.move(file.path, file.origin);
  return true;
}
