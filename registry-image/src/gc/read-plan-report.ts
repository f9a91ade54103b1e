import type { CollectionOptions } from '../config/maintenance.ts';
import type { PlanReport } from '../config/plan-report.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { createBoundedReader } from './bounded-reader.ts';
import type { Mark } from './mark.ts';
import { createPlanReport, stayingDigests } from './plan-report.ts';
import { readSizes } from './plan-sizes.ts';

export interface PlanReading {
  readonly driver: StorageDriver;
  readonly options: CollectionOptions;
  /** Milliseconds since the epoch by which the store was marked. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Reports what a mark found; asks the storage for the sizes that the mark did not need. */
export async function readPlanReport(
  { driver, options, now, signal }: PlanReading,
  mark: Mark,
): Promise<PlanReport> {
  const sizes = await readSizes(createBoundedReader(driver, signal), stayingDigests(mark));
  return createPlanReport({ mark, sizes, options, now });
}
