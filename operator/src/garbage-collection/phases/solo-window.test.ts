import { CollectionMaintenance, type RegistryState } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { collectionDocument } from '../document.ts';
import type { Observation, Replica } from '../observation.ts';
import type { Run } from '../run.ts';
import {
  collectionState,
  converged,
  follow,
  makeObservation,
  makeReplica,
  makeRun,
  makeState,
  one,
  open,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

function see(run: Run, replicas: Replica[], changes: Partial<Observation> = {}): Run {
  return follow(run, step(run, makeObservation(replicas, changes)));
}

const ready = { prepared: true, lastPause: null } as const;

/** The only replica has marked; what it says besides may be changed. */
function markedAlone(run: Run, changes: Partial<RegistryState> = {}): Replica {
  return converged(run, zero, { collection: collectionState(run, { remaining: 5 }), ...ready, ...changes });
}

function beforeWindow(): Run {
  const run = see(makeRun({}, { registryUID: 'registry-1' }), [open(zero)]);
  return see(run, [markedAlone(run)]);
}

function enterSolo(): Run {
  const run = beforeWindow();
  return see(run, [markedAlone(run)]);
}

function swept(touched: boolean): Run {
  const run = enterSolo();
  const collection = collectionState(run, { phase: 'Swept', touched });
  const replica = converged(run, zero, { writes: touched ? 'paused' : 'open', collection, lastPause: null });
  return see(see(run, [replica]), [replica]);
}

describe('a window of the only replica', () => {
  it('is ordered at once, for the supervisor that keeps the mark', () => {
    const run = enterSolo();
    expect(run.status).toMatchObject({ phase: 'EnteringReadOnly', solo: true });
    expect(CollectionMaintenance.parse(collectionDocument(run))).toMatchObject({
      mark: { pod: zero },
      window: { deadline: run.status.windowDeadline },
      collect: { pod: zero, solo: { boot: `${zero}-boot-1`, restart: 'run-1-1' } },
    });
    const paused = converged(run, zero, { writes: 'paused', lastPause: null });
    const sweeping = see(run, [paused]);
    expect(sweeping.status.phase).toBe('Sweeping');
    expect(collectionDocument(sweeping)).toEqual(collectionDocument(run));
    expect(collectionDocument(swept(true))).toEqual(collectionDocument(run));
  });

  it.each([
    ['the StatefulSet wants two', (run: Run) => ({ replicas: [markedAlone(run)], wanted: 2 })],
    ['there are two pods', (run: Run) => ({ replicas: [markedAlone(run), open(one)], wanted: 2 })],
    [
      'its release knows no such window',
      (run: Run) => ({ replicas: [markedAlone(run, { lastPause: undefined })], wanted: 1 }),
    ],
  ])('is none when %s', (_why, scene) => {
    const run = beforeWindow();
    const { replicas, wanted } = scene(run);
    const seen = makeObservation(replicas);
    if (seen.registry?.statefulSet) seen.registry.statefulSet.replicas = wanted;
    expect(step(run, seen).status.solo).toBeUndefined();
  });

  it('that moved nothing orders no restart', () => {
    const run = swept(false);
    expect(run.status.phase).toBe('RestoringWrites');
    expect(collectionDocument(run)).not.toHaveProperty('restart');
  });

  it('may have been swept when it was not seen in time, or the run is deleted in it', () => {
    const run = enterSolo();
    const late = makeReplica(zero, makeState(zero));
    const pausing = converged(run, zero, { writes: 'pausing', lastPause: null });
    expect(see(run, [late], { now: start + 4000 }).status.phase).toBe('EnteringReadOnly');
    for (const replica of [late, pausing]) {
      const given = see(run, [replica], { now: start + 5000 });
      expect(given.status).toMatchObject({
        phase: 'Restarting',
        touched: true,
        failure: { reason: 'ReplicaNotPaused' },
      });
      expect(collectionDocument(given)).toMatchObject({ restart: 'run-1-1', window: {} });
      expect(collectionDocument(given)).not.toHaveProperty('collect');
    }
    const deleted = see({ ...run, deleting: true }, [late]);
    expect(deleted.status).toMatchObject({ phase: 'Restarting', touched: true });
  });

  it('whose deadline had passed at first sight is tried again', () => {
    const run = enterSolo();
    const expired = converged(run, zero, { windowExpired: true, lastPause: null });
    expect(see(run, [expired], { now: start + 5000 }).status.failure?.reason).toBe('ReplicaNotPaused');
  });

  it('is led word by word again once another supervisor is there', () => {
    const run = swept(true);
    expect(run.status.phase).toBe('Restarting');
    const anew = converged(run, zero, { boot: 'boot-2', writes: 'paused', lastPause: null });
    const sweeper = converged(run, zero, { writes: 'paused', lastPause: null });
    for (const replicas of [[anew], [sweeper, open(one)]]) {
      const next = see(run, replicas);
      expect(next.status).toMatchObject({ phase: 'Restarting', solo: false });
      expect(collectionDocument(next)).toMatchObject({ window: {}, restart: 'run-1-1' });
    }
    expect(see(run, [makeReplica(zero, null)]).status.solo).toBe(true);
  });

  it('leaves nothing behind for a window of two', () => {
    const run = enterSolo();
    const collection = collectionState(run, { phase: 'Failed', message: 'why.' });
    const failed = converged(run, zero, { collection, lastPause: null });
    const back = see(see(run, [failed]), [failed]);
    const queued = see(back, [converged(back, zero)]);
    expect(queued.status).toMatchObject({ phase: 'Queued', failedAttempts: 1 });
    const again = see(queued, [open(zero), open(one)], { now: start + 60_000 });
    expect(again.status).toMatchObject({ phase: 'Marking', attempt: 2 });
    expect(again.status.solo).toBeUndefined();
  });

  it('is as long as the registry says, if it speaks of this window', () => {
    const pauseOf = (attempt: number): number | undefined => {
      const run = swept(false);
      const lastPause = { run: run.uid, attempt, milliseconds: 250 };
      return see(run, [converged(run, zero, { lastPause })], { now: start + 3000 }).status.windowSeconds;
    };
    expect([pauseOf(1), pauseOf(0)]).toEqual([0.25, 3]);
  });
});
