import type { CollectionCounts } from '../config/state.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { trashRoot } from '../storage/paths.ts';
import { placeInTrash } from '../storage/swept-paths.ts';
import type { BoundedReader } from './bounded-reader.ts';
import type { Report } from './counts.ts';
import { nameOf } from './directory-walk.ts';
import type { Disposal } from './disposal.ts';
import type { Doomed, DoomedList } from './doomed-list.ts';
import type { Mark } from './mark.ts';
import type { Recheck } from './recheck.ts';

/** What is disposed of between two reports of progress. */
const reportEvery = 2_000;

export interface SweepOptions {
  /** What becomes of the dead. */
  readonly dispose: Disposal;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** True when the time that this sweep may take is over; it ends as soon as the disposal can. First asked before anything goes. */
  readonly until?: () => boolean;
  /** What is alive again stays; without it all is dead. */
  readonly isStillDead?: Recheck;
}

/**
 * Disposes of what a mark gave up, top-down, and counts into `counts`. When it throws (also by the signal), nothing of it
 * is under way any more and every image that is alive is whole.
 * @param doomed in the order of a sweep
 * @returns what is left for another window
 */
export async function sweepDoomed(
  options: SweepOptions,
  doomed: DoomedList,
  counts: CollectionCounts,
): Promise<DoomedList> {
  const { dispose, signal, report, until = () => false, isStillDead = always } = options;
  let left = doomed;
  let touched = false;
  // Asked for the first time, it may begin to measure.
  const isOver = (): boolean => touched && until();
  while (left.length > 0 && !isOver()) {
    const batch = sameKind(left);
    const { positions, examined } = await lookAgain(batch, isStillDead, isOver);
    if (positions.length > 0 && !touched) {
      touched = true;
      await report({ phase: 'Sweeping', counts: { ...counts }, touched });
    }
    const dead = positions.map((position) => batch[position] as Doomed);
    const { done, skipped } = await dispose(dead, { signal, until });
    const absent = new Set(skipped);
    dead.slice(0, done).forEach((each, index) => {
      if (!absent.has(index)) countDeleted(counts, each);
    });
    left = left.slice(positions[done] ?? examined);
    await report({ phase: 'Sweeping', counts: { ...counts }, touched, remaining: left.length });
    signal.throwIfAborted();
  }
  return left;
}

const always: Recheck = () => Promise.resolve(true);

/** Positions of those that are still dead, ascending, among those that there was time to look at. */
async function lookAgain(
  batch: readonly Doomed[],
  isStillDead: Recheck,
  isOver: () => boolean,
): Promise<{ positions: number[]; examined: number }> {
  const positions: number[] = [];
  let examined = 0;
  for (const each of batch) {
    if (isOver()) break;
    if (await isStillDead(each)) positions.push(examined);
    examined++;
  }
  return { positions, examined };
}

/** Makes the directories of the trash that a sweep would make, so that its window need not. @returns how many */
export async function prepareTrash(
  { driver, trash }: { driver: StorageDriver; trash: string },
  doomed: DoomedList,
): Promise<number> {
  const parents = new Set<string>();
  for (const { path } of doomed) {
    const place = placeInTrash(trash, path);
    parents.add(place.slice(0, place.lastIndexOf('/')));
  }
  await driver.makeDirectories([...parents]);
  return parents.size;
}

/** What a sweep of `mark` would count. */
export function countEligible(counts: CollectionCounts, mark: Mark): void {
  for (const doomed of mark.doomed) countDeleted(counts, doomed);
  for (const { vanishes } of mark.plan.repositories.values()) if (vanishes) counts.repositoriesRemoved++;
}

/** A run that was tried twice under one name must not rename onto what the first try left. */
export async function unusedTrash(reader: BoundedReader, name: string): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} cannot name a directory of the trash`);
  const used = new Set(((await reader.list(trashRoot)) ?? []).map(nameOf));
  if (!used.has(name)) return name;
  for (let suffix = 2; ; suffix++) if (!used.has(`${name}.${suffix}`)) return `${name}.${suffix}`;
}

/** The first of them that may be moved in any order among themselves. */
function sameKind(doomed: DoomedList): Doomed[] {
  const batch: Doomed[] = [];
  for (const each of doomed) {
    if (batch.length === reportEvery || (batch[0] && batch[0].kind !== each.kind)) break;
    batch.push(each);
  }
  return batch;
}

function countDeleted(counts: CollectionCounts, { kind, bytes }: Doomed): void {
  if (kind === 'tag') counts.tagsRemoved++;
  if (kind === 'revision') counts.manifestsDeleted++;
  if (kind === 'layer') counts.layerLinksDeleted++;
  if (kind !== 'blob') return;
  counts.blobsDeleted++;
  counts.bytesDeleted += bytes;
}
