import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bounds } from './bounds.ts';
import { collectionText } from './document.ts';
import { isFinished, type Run } from './run.ts';
import { makeObservation, makeReplica, makeRun, makeState, start } from './scenario.ts';
import { converge, simulatedRegistry, type SimulatedRegistry, supervisor } from './simulated-registry.ts';
import { step } from './step.ts';

/** What may go wrong at a moment; `operator` dies between storing a status and writing what follows from it. */
const kinds = ['operator', 'silence', 'reboot', 'collector', 'late', 'unsettled', 'delete'] as const;
type Trouble = { kind: (typeof kinds)[number]; moment: number };

const tick = 100;
const lastTrouble = 600;
const silenceMs = 8000;
const trouble = fc.record({
  kind: fc.constantFrom(...kinds),
  moment: fc.integer({ min: 0, max: lastTrouble }),
});

interface World {
  run: Run;
  now: number;
  text: string | null;
  registry: SimulatedRegistry;
  unsettledUntil: number;
  /** When the operator looks again. */
  lookAt: number;
}

const two = ['team-a-0', 'team-a-1'];

function makeWorld(stage: 1 | 2, left: number, pods: readonly string[] = two): World {
  const run = makeRun({ timeoutMs: 120_000 }, { registryUID: 'registry-1' });
  return {
    run,
    now: start,
    text: null,
    registry: simulatedRegistry(stage, left, pods),
    unsettledUntil: 0,
    lookAt: 0,
  };
}

function strike(world: World, { kind, moment }: Trouble): void {
  const { replicas } = world.registry;
  const index = moment % replicas.length;
  const replica = replicas[index];
  if (replica === undefined) return;
  const { state } = replica;
  if (kind === 'silence') replica.silentUntil = world.now + silenceMs;
  if (kind === 'unsettled') world.unsettledUntil = world.now + silenceMs;
  if (kind === 'late' && replica.preparedAt !== undefined) replica.preparedAt += 40_000;
  if (kind === 'reboot') {
    replicas[index] = supervisor(
      makeState(state.pod, { boot: `boot-${moment}`, writes: 'pausing', lastPause: state.lastPause && null }),
    );
  }
  if (kind === 'collector' && state.collection !== null && state.collection.phase !== 'Confirmed') {
    state.collection = { ...state.collection, phase: 'Failed', message: 'killed.' };
  }
  if (kind === 'delete') world.run = { ...world.run, deleting: moment % 3 === 0 };
}

function operate(world: World, dies: boolean): void {
  const { now } = world;
  if (now < world.lookAt) return;
  const replicas = world.registry.replicas.map(({ state, silentUntil }) => {
    if (now >= silentUntil) return makeReplica(state.pod, structuredClone(state));
    return makeReplica(state.pod, null, { silentSince: silentUntil - silenceMs });
  });
  const seen = makeObservation(replicas, { now });
  if (seen.registry?.statefulSet) seen.registry.statefulSet.settled = now >= world.unsettledUntil;
  const transition = step(world.run, seen);
  world.run = { ...world.run, status: JSON.parse(JSON.stringify(transition.status)) as Run['status'] };
  world.lookAt = now + (transition.requeueAfterMs ?? 0);
  if (!dies) world.text = collectionText(world.run);
}

function live(world: World, troubles: readonly Trouble[]): void {
  for (let moment = 0; moment < 8000; moment += 1) {
    const now = troubles.filter((one) => one.moment === moment);
    for (const one of now) strike(world, one);
    converge(world.registry, world.text, world.now);
    const dies = now.some(({ kind }) => kind === 'operator');
    if (dies) world.lookAt = 0;
    operate(world, dies);
    const { phase } = world.run.status;
    if (isFinished(phase) || (phase === 'Queued' && world.run.deleting)) break;
    world.now += tick;
  }
  world.text = collectionText(world.run);
  world.now += 10_000;
  converge(world.registry, world.text, world.now);
}

/** Milliseconds between the end of each window and the begin of the next one. */
function gaps({ status }: Run): number[] {
  const steps = status.steps ?? [];
  return steps.flatMap(({ name, startTime }, index) => {
    if (name !== 'EnteringReadOnly') return [];
    const before = steps.slice(0, index).findLast((one) => one.name === 'RestoringWrites')?.completionTime;
    return before === undefined ? [] : [Date.parse(startTime) - Date.parse(before)];
  });
}

it.each([
  ['that marks beforehand', 2, two],
  ['of one replica, that goes through its window by itself', 2, ['team-a-0']],
  ['of an earlier release, that marks in the window', 1, two],
] as const)(
  'ends, with writes on and no sweep outside of a confirmed window, whatever fails, on a registry %s',
  (_name, stage, pods) => {
    const left = fc.integer({ min: 0, max: 16 });
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 12 }), left, (troubles, dead) => {
        const world = makeWorld(stage, dead, pods);
        live(world, troubles);
        const { registry, run } = world;
        const { phase, steps = [] } = run.status;
        expect(isFinished(phase) || run.deleting).toBe(true);
        expect(world.text).toBeNull();
        expect(registry.replicas.map(({ state }) => state.writes)).toEqual(pods.map(() => 'open'));
        expect([registry.sweptUnsafely, registry.workedTwice]).toEqual([false, false]);
        expect(Math.min(bounds.windowGap, ...gaps(run))).toBe(bounds.windowGap);
        expect(steps.length).toBeLessThanOrEqual(256);
        // What was swept is checked, whatever became of the run: there is always a replica to do it.
        expect(registry.trash).toBe(0);
        if (phase === 'Succeeded' && !run.deleting)
          expect([registry.left, registry.freed]).toEqual([0, dead]);
      }),
      { numRuns: 300 },
    );
  },
);

it('sweeps what is too much for one window in several, each short', () => {
  const world = makeWorld(2, 12);
  live(world, []);
  expect(world.run.status).toMatchObject({ phase: 'Succeeded', attempt: 3, windows: 3 });
  expect(world.run.status.failedAttempts).toBeUndefined();
  expect(world.run.status.windowSeconds).toBeLessThan(2);
  expect(world.registry).toMatchObject({ left: 0, freed: 12 });
});

it('opens no window when there is nothing to sweep', () => {
  const world = makeWorld(2, 0);
  live(world, []);
  expect(world.run.status.phase).toBe('Succeeded');
  expect(world.run.status.windows).toBeUndefined();
});

it('collects a registry of an earlier release in one window', () => {
  const world = makeWorld(1, 12);
  live(world, []);
  expect(world.run.status).toMatchObject({ phase: 'Succeeded', attempt: 1, windows: 1 });
  expect(world.registry).toMatchObject({ left: 0, freed: 12 });
});

it.each([
  ['of two', two],
  ['that is the only one', ['team-a-0']],
])('marks anew when the collecting replica %s starts anew, in whatever moment', (_name, pods) => {
  for (let moment = 2; moment < 400; moment += pods.length) {
    const world = makeWorld(2, 12, pods);
    live(world, [{ kind: 'reboot', moment }]);
    expect([moment, world.run.status.phase, world.registry.left]).toEqual([moment, 'Succeeded', 0]);
    expect(world.run.status.windowSeconds).toBeLessThan(10);
  }
});

it('leaves the only replica to itself in a window, and tells what that measured', () => {
  const world = makeWorld(2, 7, ['team-a-0']);
  live(world, []);
  const { status } = world.run;
  expect(status).toMatchObject({
    phase: 'Succeeded',
    windows: 2,
    windowSeconds: 0.4,
    windowSecondsTotal: 0.8,
  });
  expect(world.registry).toMatchObject({ left: 0, freed: 7 });
});
