import type { CollectionOptions } from '../config/maintenance.ts';
import type { BoundedReader } from './bounded-reader.ts';
import { withDepartedTags } from './departed-tags.ts';
import { type Inspection, inspectDoomed } from './doomed.ts';
import { createMemory } from './memory.ts';
import { type CollectionPlan, planCollection } from './plan.ts';
import { type ReadStore, readStore } from './store-reader.ts';
import { lastPullFor } from './pulls.ts';
import { readTrash } from './trash-files.ts';

/** A mark that is done: nothing was changed, and all is known for the sweep. */
export interface Mark extends Inspection, ReadStore {
  readonly plan: CollectionPlan;
}

/** Reads a store and decides what goes. */
export async function markStore(
  reader: BoundedReader,
  options: CollectionOptions,
  now: number,
  memory = createMemory(),
): Promise<Mark> {
  const trash = await readTrash(reader, memory);
  const { content, hollow } = await readStore(reader, trash.files, memory);
  const whole = await withDepartedTags(reader, content);
  const withPulls = { ...whole, lastPull: await lastPullFor(reader, options, now) };
  const plan = planCollection(withPulls, options, now);
  const inspection = await inspectDoomed(reader, { content: withPulls, plan }, memory);
  const { doomed } = inspection;
  return { content: withPulls, plan, doomed, hollow: [...inspection.hollow, ...hollow] };
}
