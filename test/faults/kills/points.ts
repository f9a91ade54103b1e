import type { CollectionState, RegistryState } from '../../../registry-image/src/config/index.ts';
import type { Entry, Moment } from './kill-order.ts';

/** How a run goes: by itself through its windows or word by word, and whether what it swept is freed or kept to be restored. */
export const ways = ['words', 'solo'] as const;
export type Way = (typeof ways)[number];

export interface CallPoint {
  readonly kind: 'call';
  readonly way: Way;
  readonly entry: Entry;
  readonly ordinal: number;
  /** From 1 on. */
  readonly call: number;
  readonly when: Moment;
  /** The call as it was recorded. */
  readonly what: string;
}

export interface StepPoint {
  readonly kind: 'step';
  readonly way: Way;
  readonly step: Step;
  readonly victim: Victim;
}

/** Where a run is disturbed by one kill. */
export type Point = CallPoint | StepPoint;

export type Victim = 'supervisor' | 'first worker' | 'second worker' | 'standby' | 'collector';

const victims: readonly Victim[] = ['supervisor', 'first worker', 'second worker', 'standby', 'collector'];

type Reached = (state: RegistryState, collection: CollectionState) => boolean;

function inPhase(phase: CollectionState['phase'], writes?: RegistryState['writes']): Reached {
  return (state, collection) =>
    collection.phase === phase && (writes === undefined || state.writes === writes);
}

/** The steps of a run as the state endpoint shows them, in their order. */
export const steps = {
  Marking: inPhase('Marking'),
  Marked: (state, { phase }) => phase === 'Marked' && state.prepared && state.writes === 'open',
  pausing: (state) => state.writes === 'pausing',
  paused: (state) => state.writes === 'paused',
  Sweeping: inPhase('Sweeping'),
  Swept: inPhase('Swept', 'paused'),
  restarting: ({ restart }) => restart?.done === false,
  released: inPhase('Swept', 'open'),
  Confirming: inPhase('Confirming'),
  Confirmed: inPhase('Confirmed'),
} satisfies Record<string, Reached>;

export type Step = keyof typeof steps;

/** Where there is a process to be killed: a collector ends with its job, and workers stand by until the restart. */
const present: Readonly<Partial<Record<Victim, readonly Step[]>>> = {
  standby: ['Marked', 'pausing', 'paused', 'Sweeping', 'Swept'],
  collector: ['Marking', 'Marked', 'pausing', 'paused', 'Sweeping', 'Confirming'],
};

/** Every step with every process that lives in it. */
export function stepPoints(): StepPoint[] {
  return ways.flatMap((way) =>
    (Object.keys(steps) as Step[]).flatMap((step) =>
      victims
        .filter((victim) => present[victim]?.includes(step) ?? true)
        .map((victim): StepPoint => ({ kind: 'step', way, step, victim })),
    ),
  );
}

/** Before and after every call of a recorded process. */
export function callPoints(
  way: Way,
  { entry, ordinal, calls }: { entry: Entry; ordinal: number; calls: readonly string[] },
): CallPoint[] {
  return calls.flatMap((what, index) =>
    (['before', 'after'] as const).map((when): CallPoint => ({
      kind: 'call',
      way,
      entry,
      ordinal,
      call: index + 1,
      when,
      what,
    })),
  );
}

export function nameOf(point: Point): string {
  if (point.kind === 'step') return `${point.way}: ${point.victim} at ${point.step}`;
  const { way, entry, ordinal, call, when, what } = point;
  return `${way}: ${entry} ${ordinal} ${when} call ${call} (${what})`;
}
