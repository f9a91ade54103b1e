import type { RegistryGarbageCollection } from '../../api/registry-garbage-collection.ts';
import type { ScheduleStatus } from '../../api/registry-status.ts';
import { isAlreadyExists } from '../../kube/errors.ts';
import type { EventFacts } from '../../kube/events.ts';
import type { Manifest } from '../../kube/resource.ts';
import { garbageCollections } from '../kind.ts';
import { isOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import { problemOf } from '../refusal.ts';
import { ScheduleError } from '../schedule/cron.ts';
import { dueTime, type DueTime, suspendedStatus, timeText } from '../schedule/due-time.ts';
import { isUnfinished, madeBySchedule, scheduledRun, surplusRuns } from '../schedule/scheduled-runs.ts';
import type { StepContext } from '../step.ts';

/** What became of the schedule of a Registry. */
export interface Schedule {
  readonly status: ScheduleStatus;
  /** Whether runs start. */
  readonly active: boolean;
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly events: readonly EventFacts[];
}

/** Starts the runs of `spec.garbageCollection` when they are due, one at a time, and removes those beyond the history limits. */
export async function schedule(context: StepContext): Promise<Schedule | undefined> {
  const { spec } = context.registry;
  if (spec.garbageCollection === undefined) return undefined;
  try {
    await prune(context, spec.garbageCollection);
    return await start(context, spec.garbageCollection);
  } catch (error) {
    const problem =
      error instanceof ScheduleError ? stalled('InvalidSchedule', error.message) : problemOf(error);
    if (problem === undefined) throw error;
    throw new ProblemError({ ...problem, about: 'schedule' });
  }
}

async function prune(
  { registry, stores, client, before }: StepContext,
  spec: RegistryGarbageCollection,
): Promise<void> {
  const made = madeBySchedule(stores.garbageCollections.list(registry.metadata.namespace), registry);
  const lastScheduleTime = before.garbageCollectionSchedule?.lastScheduleTime;
  for (const { metadata } of surplusRuns(made, spec, lastScheduleTime)) {
    await client.delete(garbageCollections, metadata, { uid: metadata.uid });
  }
}

async function start(context: StepContext, spec: RegistryGarbageCollection): Promise<Schedule> {
  const { registry, stores, now } = context;
  const before = context.before.garbageCollectionSchedule;
  const found = dueTime({ spec, before, uid: registry.metadata.uid, now: now.getTime() });
  const idle = suspension(context, spec);
  if (idle !== undefined) {
    return { status: suspendedStatus(before, now.getTime()), active: false, ...idle, events: [] };
  }
  if (found.due === undefined) return scheduled(found.status, []);
  const made = madeBySchedule(stores.garbageCollections.list(registry.metadata.namespace), registry);
  const manifest = scheduledRun(registry, spec.template, found.due);
  // Made by an operator that was stopped before it wrote the time down.
  if (made.some(({ metadata }) => metadata.name === manifest.metadata?.name))
    return scheduled(found.actedUpon, []);
  const unfinished = made.find(isUnfinished);
  if (unfinished !== undefined) {
    const message = `the run for ${timeText(found.due)} waits for GarbageCollection ${unfinished.metadata.name} to end`;
    return { status: found.status, active: true, reason: 'RunUnderWay', message, events: [] };
  }
  if (found.isLate) return scheduled(found.actedUpon, [missed(found.due)]);
  return create(context, manifest, { ...found, due: found.due });
}

function suspension(
  { registry }: StepContext,
  spec: RegistryGarbageCollection,
): Pick<Schedule, 'reason' | 'message'> | undefined {
  if (spec.suspend)
    return { reason: 'Suspended', message: 'spec.garbageCollection.suspend is set; no runs start' };
  if (registry.spec.replicas > 0) return undefined;
  return { reason: 'NoReplicas', message: 'spec.replicas is 0; no runs start' };
}

async function create(
  { registry, client }: StepContext,
  manifest: Manifest,
  { due, actedUpon }: DueTime & { due: number },
): Promise<Schedule> {
  const name = manifest.metadata?.name ?? '';
  try {
    await client.create(garbageCollections, manifest);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const live = await client.find(garbageCollections, { namespace: registry.metadata.namespace, name });
    const isOurs = live === undefined || isOwned(live, registry);
    return scheduled(actedUpon, isOurs ? [] : [taken(name)]);
  }
  const note = `Created GarbageCollection ${name} for ${timeText(due)}.`;
  return scheduled(actedUpon, [
    { type: 'Normal', reason: 'GarbageCollectionCreated', action: 'Schedule', note },
  ]);
}

function scheduled(status: ScheduleStatus, events: EventFacts[]): Schedule {
  const { nextScheduleTime } = status;
  const message =
    nextScheduleTime === undefined ? 'there is no next run' : `the next run starts at ${nextScheduleTime}`;
  return { status, active: true, reason: 'Scheduled', message, events };
}

function missed(due: number): EventFacts {
  const note = `No run for ${timeText(due)}: spec.garbageCollection.startingDeadline had passed before it could start.`;
  return { type: 'Warning', reason: 'MissedSchedule', action: 'Schedule', note };
}

function taken(name: string): EventFacts {
  const note = `No run: GarbageCollection ${name} exists and is not this Registry's; rename or delete it.`;
  return { type: 'Warning', reason: 'NameTaken', action: 'Schedule', note };
}
