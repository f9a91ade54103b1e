import type { GarbageCollectionPhase, GarbageCollectionStep } from '../api/garbage-collection-status.ts';
import { stepsKept } from './bounds.ts';
import type { Run, RunStatus } from './run.ts';

export interface RunEvent {
  type: 'Normal' | 'Warning';
  /** UpperCamelCase, for machines. */
  reason: string;
  message: string;
}

/** Why a queued run does not start; `stalled` when only a person can change that. */
export interface Waiting {
  reason: string;
  message: string;
  stalled: boolean;
}

/** What one look at a run leads to. */
export interface Transition {
  status: RunStatus;
  events: RunEvent[];
  /** Look again after this many milliseconds; null when the run is over. */
  requeueAfterMs: number | null;
  waiting?: Waiting;
}

export interface Failure {
  reason: string;
  message: string;
}

/** Nothing new: look again later. */
export function stay(run: Run, requeueAfterMs: number): Transition {
  return { status: run.status, events: [], requeueAfterMs };
}

/** Goes on to another phase: the step under way ends now, the next one begins. */
export function enter(
  run: Run,
  phase: GarbageCollectionPhase,
  now: number,
  changes: Partial<RunStatus>,
): Transition {
  const { steps = [], omittedSteps } = run.status;
  const kept = thinned([...closed(steps, now), { name: phase, startTime: isoTime(now) }], omittedSteps);
  return { status: { ...run.status, ...kept, ...changes, phase }, events: [], requeueAfterMs: 0 };
}

/** The list of steps is bounded, the number of windows is not: the oldest but the first ones go, and are counted. */
function thinned(
  steps: GarbageCollectionStep[],
  omitted: number | undefined,
): Pick<RunStatus, 'steps' | 'omittedSteps'> {
  const surplus = steps.length - stepsKept.first - stepsKept.last;
  if (surplus <= 0) return { steps, omittedSteps: omitted };
  const kept = [...steps.slice(0, stepsKept.first), ...steps.slice(-stepsKept.last)];
  return { steps: kept, omittedSteps: (omitted ?? 0) + surplus };
}

/** Notes why the attempt cannot succeed and goes on with giving the registry back; the first failure is the one told. */
export function failOver(run: Run, phase: GarbageCollectionPhase, now: number, cause: FailOver): Transition {
  const failure = run.status.failure ?? cause.failure;
  const next = enter(run, phase, now, { ...cause.changes, failure });
  return { ...next, events: [{ type: 'Warning', ...cause.failure }] };
}

export interface FailOver {
  failure: Failure;
  changes: Partial<RunStatus>;
}

/** The run with a note at the step under way. */
export function noted(run: Run, message: string): Run {
  const steps = run.status.steps ?? [];
  const last = steps.at(-1);
  if (last === undefined) return run;
  return { ...run, status: { ...run.status, steps: [...steps.slice(0, -1), { ...last, message }] } };
}

/** When the step under way began, in milliseconds since the epoch. */
export function stepStart(run: Run, now: number): number {
  const last = run.status.steps?.at(-1);
  return last === undefined ? now : Date.parse(last.startTime);
}

export function closed(steps: readonly GarbageCollectionStep[], now: number): GarbageCollectionStep[] {
  return steps.map((step, index) => {
    if (index < steps.length - 1 || step.completionTime !== undefined) return step;
    return { ...step, completionTime: isoTime(now) };
  });
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
