import { setTimeout as sleep } from 'node:timers/promises';
import { bounds } from '../../../operator/src/garbage-collection/bounds.ts';
import { collectionText } from '../../../operator/src/garbage-collection/document.ts';
import type { Observation } from '../../../operator/src/garbage-collection/observation.ts';
import { isFinished, type Run } from '../../../operator/src/garbage-collection/run.ts';
import { step } from '../../../operator/src/garbage-collection/step.ts';
import type { CollectionOptions, RegistryState } from '../../../registry-image/src/config/index.ts';
import type { MaintainedRegistry } from './maintained-registry.ts';

export interface OperatedRunOptions {
  readonly registry: MaintainedRegistry;
  readonly uid: string;
  readonly options: CollectionOptions;
  /** Whether the registry goes through its windows by itself; else it is led word by word. */
  readonly solo: boolean;
  /** Sees every answer of the state endpoint before the operator does. */
  readonly onSight?: (state: RegistryState) => void | Promise<void>;
}

export interface OperatedRun {
  readonly run: Run;
  /** Milliseconds for which writes were held at the longest, a supervisor that was started anew meanwhile included. */
  readonly longestHold: number;
  /** What the operator told of attempts that failed. */
  readonly warnings: readonly string[];
  /** Whatever held writes beyond the window's deadline, a sentence each. */
  readonly problems: readonly string[];
}

/** Milliseconds of a window. */
export const windowTimeout = 20_000;
/** Milliseconds beyond the deadline of a window for a supervisor to see that it is over, on a busy machine. */
const expiryGrace = 5_000;
/** Milliseconds after which a run counts as stuck; the operator gives it up well before. */
const runLimit = 300_000;
/** Milliseconds between two looks: the operator's are fewer. */
const look = 10;
/** What the operator waits between two windows, in milliseconds, and what need not be waited for here. */
const rest = bounds.windowGap;
const pod = 'faults-0';

/**
 * Leads a run with the operator's own state machine, from what the registry answers; only its waits between two windows are cut short. The
 * operator itself may be killed at any time: every step follows from the stored status alone.
 */
export async function operate(given: OperatedRunOptions): Promise<OperatedRun> {
  const { registry, onSight } = given;
  const problems = new Set<string>();
  const limit = Date.now() + runLimit;
  let run = queuedRun(given);
  let written: string | null = null;
  let silentSince: number | null = null;
  let heldSince: number | undefined;
  let longestHold = 0;
  const warnings: string[] = [];

  function observation(state: RegistryState | null, now: number): Observation {
    silentSince = state ? null : (silentSince ?? now);
    const error = state ? '' : 'no answer';
    // Without it the operator takes the registry for one that cannot go through a window by itself.
    const told = state && { ...state, lastPause: given.solo ? restedPause(state) : undefined };
    const ready = registry.ready && state !== null;
    return {
      now,
      registry: {
        uid: 'registry',
        ready,
        statefulSet: { replicas: 1, settled: ready, rolledOutFor: '' },
        collectionRun: written === null ? '' : run.uid,
      },
      replicas: [{ pod, ready, terminating: false, state: told, silentSince, error }],
      siblings: [],
    };
  }

  function measureHold(state: RegistryState, now: number): void {
    const isHeld = state.writes === 'paused' || state.writes === 'pausing';
    if (isHeld) heldSince ??= now;
    if (heldSince !== undefined) longestHold = Math.max(longestHold, now - heldSince);
    if (!isHeld) heldSince = undefined;
    const deadline = Date.parse(run.status.windowDeadline ?? '');
    if (isHeld && now > deadline + expiryGrace) problems.add(`writes are held after the window's deadline`);
  }

  while (!isFinished(run.status.phase)) {
    const state = await registry.state();
    if (state) await onSight?.(state);
    const now = Date.now();
    if (state) measureHold(state, now);
    const transition = step(run, observation(state, now));
    run = { ...run, status: rested(transition.status) };
    for (const { type, reason, message } of transition.events) {
      // What the template's earlier run swept in error is put back each time.
      if (type === 'Warning' && reason !== 'Restored') warnings.push(message);
    }
    const text = collectionText(run);
    if (text !== written) registry.order(text);
    written = text;
    if (Date.now() > limit) {
      problems.add(`the run is still ${run.status.phase}`);
      break;
    }
    await sleep(transition.requeueAfterMs === 0 ? 0 : look);
  }
  if (written !== null) registry.order(null);
  if (longestHold > windowTimeout + expiryGrace) problems.add(`writes were held for ${longestHold} ms`);
  return { run, longestHold, warnings, problems: [...problems] };
}

/** The last window as it is when the operator has waited after it. */
function restedPause({ lastPause }: RegistryState): RegistryState['lastPause'] {
  return lastPause && { ...lastPause, sinceEnd: rest };
}

/** The status as it is when the operator has waited after each window that is over. */
function rested(status: Run['status']): Run['status'] {
  const steps = status.steps?.map((each) => {
    const { name, startTime, completionTime } = each;
    if (name !== 'RestoringWrites' || completionTime === undefined) return each;
    if (Date.parse(completionTime) < Date.parse(startTime)) return each;
    return { ...each, completionTime: new Date(Date.parse(startTime) - rest).toISOString() };
  });
  return { ...status, steps };
}

function queuedRun({ uid, options }: OperatedRunOptions): Run {
  return {
    uid,
    name: uid,
    created: new Date().toISOString(),
    deleting: false,
    registry: 'faults',
    options,
    restoreFrom: undefined,
    rollout: false,
    timeoutMs: 120_000,
    windowTimeoutMs: windowTimeout,
    status: { phase: 'Queued' },
  };
}
