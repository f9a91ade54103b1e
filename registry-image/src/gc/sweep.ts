import type { CollectionCounts } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { NotFoundError } from '../storage/errors.ts';
import { trashPath, trashRoot } from '../storage/paths.ts';
import { type BoundedReader, forEachBounded } from './bounded-reader.ts';
import type { Report } from './counts.ts';
import { nameOf } from './directory-walk.ts';
import { type Doomed, sweepOrder } from './doomed.ts';
import { removeHollow, removeRepository } from './empty-directories.ts';
import type { Mark } from './mark.ts';

/** Moves between two reports of progress. */
const reportEvery = 500;

export interface SweepOptions {
  readonly driver: StorageDriver;
  readonly reader: BoundedReader;
  /** Name of the run's directory in the trash. */
  readonly trash: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Renames what a mark gave up into the trash, top-down, then removes what is left empty. Counts into `counts`. When it
 * throws (also by the signal), no move is under way any more and every image that is alive is whole.
 */
export async function sweepStore(options: SweepOptions, mark: Mark, counts: CollectionCounts): Promise<void> {
  const { driver, reader, signal, report } = options;
  const trash = await unusedTrash(reader, options.trash);
  let touched = false;
  for (const kind of sweepOrder) {
    const doomed = mark.doomed.filter((each) => each.kind === kind);
    if (doomed.length > 0 && !touched) {
      touched = true;
      await report({ phase: 'Sweeping', counts: { ...counts }, touched });
    }
    let moved = 0;
    await forEachBounded(doomed, async (each) => {
      signal.throwIfAborted();
      if (!(await moveIfPresent(driver, each.path, trashPath(trash, each.path)))) return;
      countDeleted(counts, each);
      if (++moved % reportEvery === 0) await report({ phase: 'Sweeping', counts: { ...counts }, touched });
    });
  }
  await removeHollow(options, mark);
  for (const [name, { vanishes }] of mark.plan.repositories) {
    if (vanishes && (await removeRepository(options, name))) counts.repositoriesRemoved++;
  }
  await report({ phase: 'Swept', counts: { ...counts }, touched });
}

/** What a sweep of `mark` would count. */
export function countEligible(counts: CollectionCounts, mark: Mark): void {
  for (const doomed of mark.doomed) countDeleted(counts, doomed);
  for (const { vanishes } of mark.plan.repositories.values()) if (vanishes) counts.repositoriesRemoved++;
}

function countDeleted(counts: CollectionCounts, { kind, bytes }: Doomed): void {
  if (kind === 'revision') counts.manifestsDeleted++;
  if (kind === 'layer') counts.layerLinksDeleted++;
  if (kind !== 'blob') return;
  counts.blobsDeleted++;
  counts.bytesDeleted += bytes;
}

/** A run that was tried twice under one name must not rename onto what the first try left. */
async function unusedTrash(reader: BoundedReader, name: string): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} cannot name a directory of the trash`);
  const used = new Set(((await reader.list(trashRoot)) ?? []).map(nameOf));
  if (!used.has(name)) return name;
  for (let suffix = 2; ; suffix++) if (!used.has(`${name}.${suffix}`)) return `${name}.${suffix}`;
}

async function moveIfPresent(driver: StorageDriver, from: string, to: string): Promise<boolean> {
  try {
    await driver.move(from, to);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
