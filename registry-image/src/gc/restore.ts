import { type Addition, createJournal } from '../registry/journal.ts';
import { randomUUID } from 'node:crypto';
import type { StorageDriver } from '../storage/driver.ts';
import { undoPath, undoRecordPath } from '../storage/paths.ts';
import { createBoundedReader } from './bounded-reader.ts';
import type { Report } from './counts.ts';
import { putBack } from './put-back.ts';
import { readFilesBelow, type TrashFile } from './trash-files.ts';
import { claimForRestore, freeTrash, undoRecords } from './undo.ts';

export interface RestoreOptions {
  readonly driver: StorageDriver;
  /** UID of the run whose sweep is undone. */
  readonly from: string;
  /** Milliseconds since the epoch; what is put back gets a new lease from then. */
  readonly now: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Milliseconds by which a restore puts off that what it restores from is freed. */
const patience = 24 * 3_600_000;

/**
 * Puts back what a run swept, with writes on, unless the store has it again. May be killed and run again. Throws an error of one sentence when there is
 * nothing left of that run.
 * @returns digests of which something was put back
 */
export async function restoreRun(run: RestoreOptions): Promise<number> {
  const { driver, signal } = run;
  const reader = createBoundedReader(driver, signal);
  await run.report({ phase: 'Restoring', counts: {}, touched: false });
  const records = (await undoRecords(driver)).filter(({ name }) => runOf(name) === run.from);
  const journal = createJournal({ driver, process: randomUUID() });
  let restored = 0;
  let found = false;
  for (const kept of records) {
    const expires = Math.max(kept.expires, run.now + patience);
    const record = await claimForRestore({ driver, reader }, kept, expires);
    if (!record) continue;
    const trash = await readFilesBelow(reader, undoPath(record.name));
    const files = [...trash.files];
    found ||= files.length > 0;
    const steps = (): ReturnType<typeof putBack> => putBack({ ...run, reader }, files);
    const back = await journal.during(additionsOf(files), steps);
    restored += back.restored;
    await freeTrash(run, trash, { dead: back.obsolete, moved: trash.files });
    await driver.delete(undoRecordPath(record.name));
  }
  if (!found)
    throw new Error(`nothing is left of run ${run.from}: what it swept was freed or restored before`);
  await run.report({ phase: 'Restored', counts: { restored }, touched: restored > 0 });
  return restored;
}

/** A record is RUN-ATTEMPT, perhaps with a suffix. */
function runOf(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}

function additionsOf(files: readonly TrashFile[]): Addition[] {
  return files.flatMap(({ layout }): Addition[] => {
    if (layout?.kind !== 'layerLink' && layout?.kind !== 'revisionLink') return [];
    const { repository, digest } = layout;
    return [{ kind: layout.kind === 'revisionLink' ? 'manifest' : 'blob', repository, digest }];
  });
}
