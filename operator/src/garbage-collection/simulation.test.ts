import { type CollectionMaintenance, maintenanceHash, type RegistryState } from '@wharfinger/registry/config';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectionText } from './document.ts';
import { isFinished, type Run } from './run.ts';
import { counts, makeObservation, makeReplica, makeRun, makeState, start } from './scenario.ts';
import { step } from './step.ts';

/** What may go wrong at a moment; `operator` dies between storing a status and writing what follows from it. */
const trouble = fc.constantFrom(
  'none',
  'none',
  'none',
  'operator',
  'silence',
  'reboot',
  'collector',
  'delete',
);
const tick = 100;
const lastTrouble = 400;

interface Supervisor {
  state: RegistryState;
  silentUntil: number;
}

interface World {
  run: Run;
  now: number;
  text: string | null;
  replicas: Supervisor[];
  sweptUnsafely: boolean;
}

function makeWorld(): World {
  const replicas = ['team-a-0', 'team-a-1'].map((pod) => ({
    state: makeState(pod),
    silentUntil: 0,
  }));
  const registryUID = 'registry-1';
  return {
    run: makeRun({}, { registryUID }),
    now: start,
    text: null,
    replicas,
    sweptUnsafely: false,
  };
}

/** A supervisor as the architecture has it: it starts closed, and converges one tick after the text changed. */
function converge(world: World, replica: Supervisor): void {
  const { state } = replica;
  const document = world.text === null ? null : (JSON.parse(world.text) as CollectionMaintenance);
  if (world.now < replica.silentUntil) return;
  const isOver = document?.window !== undefined && world.now > Date.parse(document.window.deadline);
  state.observed.collection = world.text === null ? '' : maintenanceHash(world.text);
  state.windowExpired = isOver;
  state.writes = document?.window !== undefined && !isOver ? 'paused' : 'open';
  state.restart = document?.restart === undefined ? null : { nonce: document.restart, done: true };
  collect(world, state, document);
}

function collect(world: World, state: RegistryState, document: CollectionMaintenance | null): void {
  const { run = '', attempt = 0 } = document ?? {};
  const isMine = state.collection?.run === run && state.collection.attempt === attempt;
  if (document?.collect?.pod === state.pod && !isMine) {
    if (world.replicas.some((other) => other.state.writes === 'open')) world.sweptUnsafely = true;
    state.collection = { run, attempt, phase: 'Swept', touched: true, counts };
  }
  if (document?.confirm?.pod === state.pod)
    state.collection = { run, attempt, phase: 'Confirmed', touched: true, counts };
}

function strike(world: World, kind: string, index: number): void {
  const replica = world.replicas[index % 2];
  if (replica === undefined) return;
  if (kind === 'silence') replica.silentUntil = world.now + 8000;
  if (kind === 'reboot')
    replica.state = makeState(replica.state.pod, { boot: `boot-${index}`, writes: 'pausing' });
  if (kind === 'collector' && world.run.status.phase === 'Sweeping') {
    const attempt = world.run.status.attempt ?? 0;
    replica.state.collection = {
      run: world.run.uid,
      attempt,
      phase: 'Failed',
      touched: true,
      message: 'killed.',
      counts,
    };
  }
  if (kind === 'delete') world.run = { ...world.run, deleting: index % 5 === 0 };
}

function operate(world: World, dies: boolean): void {
  const replicas = world.replicas.map(({ state, silentUntil }) => {
    if (world.now >= silentUntil) return makeReplica(state.pod, structuredClone(state));
    return makeReplica(state.pod, null, { silentSince: silentUntil - 8000 });
  });
  const transition = step(world.run, makeObservation(replicas, { now: world.now }));
  world.run = { ...world.run, status: JSON.parse(JSON.stringify(transition.status)) as Run['status'] };
  if (!dies) world.text = collectionText(world.run);
}

function live(world: World, troubles: string[]): void {
  for (let moment = 0; moment < 3000; moment += 1) {
    const kind = moment < lastTrouble ? (troubles[moment] ?? 'none') : 'none';
    strike(world, kind, moment);
    for (const replica of world.replicas) converge(world, replica);
    operate(world, kind === 'operator');
    const { phase } = world.run.status;
    if (isFinished(phase) || (phase === 'Queued' && world.run.deleting)) break;
    world.now += tick;
  }
  world.text = collectionText(world.run);
  world.now += 10_000;
  for (const replica of world.replicas) converge(world, replica);
}

it('ends, with writes on and no collection outside of a confirmed window, whatever fails', () => {
  fc.assert(
    fc.property(fc.array(trouble, { maxLength: 60 }), (troubles) => {
      const world = makeWorld();
      live(world, troubles);
      const { phase } = world.run.status;
      expect(isFinished(phase) || world.run.deleting).toBe(true);
      expect(world.text).toBeNull();
      expect(world.replicas.map(({ state }) => state.writes)).toEqual(['open', 'open']);
      expect(world.sweptUnsafely).toBe(false);
    }),
    { numRuns: 500 },
  );
});

it('succeeds when nothing fails', () => {
  const world = makeWorld();
  live(world, []);
  expect(world.run.status).toMatchObject({ phase: 'Succeeded', attempt: 1 });
  expect(world.run.status.windowSeconds).toBeLessThan(2);
});
