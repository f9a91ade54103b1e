import type { RegistryState } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { bounds } from '../bounds.ts';
import { collectionDocument } from '../document.ts';
import {
  bothPaused,
  collectionState,
  converged,
  enterWindow,
  follow,
  look,
  makeObservation,
  makeReplica,
  makeRun,
  makeState,
  one,
  open,
  openWindow,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

describe('EnteringReadOnly', () => {
  it('does not sweep while a collector of an earlier run still works', () => {
    const run = enterWindow();
    const collection = collectionState({ ...run, uid: 'older' }, { phase: 'Confirming' });
    const busy = converged(run, one, { writes: 'paused', collection });
    const [first] = bothPaused(run);
    if (first === undefined) throw new Error('a replica expected');
    const late = { now: start + 5000 };
    expect(step(run, makeObservation([first, busy])).status.phase).toBe('EnteringReadOnly');
    expect(step(run, makeObservation([first, busy], late)).status).toMatchObject({
      phase: 'RestoringWrites',
      failure: {
        message:
          'Pod team-a-1 did not pause its writes within 5 s: it still collects for an earlier run; nothing was swept.',
      },
    });
  });

  it('sweeps only when every replica confirmed exactly this text', () => {
    const run = enterWindow();
    const [first, second] = bothPaused(run);
    if (first === undefined || second === undefined) throw new Error('two replicas expected');
    const stale = makeReplica(
      one,
      makeState(one, { writes: 'paused', observed: { registry: '', collection: 'older' } }),
    );
    const pausing = converged(run, one, { writes: 'pausing' });
    const expired = converged(run, one, { writes: 'paused', windowExpired: true });
    for (const late of [stale, pausing, expired, open(one), makeReplica(one, null)]) {
      expect(step(run, makeObservation([first, late])).status.phase).toBe('EnteringReadOnly');
    }
    const missing = makeObservation([first]);
    if (missing.registry?.statefulSet) missing.registry.statefulSet.replicas = 2;
    expect(step(run, missing).status.phase).toBe('EnteringReadOnly');
    expect(step(run, makeObservation([first, second])).status.phase).toBe('Sweeping');
    expect(
      step(run, makeObservation([first, converged(run, one, { writes: 'readOnly' })])).status.phase,
    ).toBe('Sweeping');
  });

  it('gives writes back when a replica is late, tries three times, then fails naming the pod', () => {
    let run = makeRun();
    let now = start;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      run = follow(run, step(run, makeObservation([open(zero), open(one)], { now })));
      expect(run.status).toMatchObject({ phase: 'Marking', attempt });
      run = openWindow(run, 5, now);
      expect(run.status).toMatchObject({ phase: 'EnteringReadOnly', attempt });
      now += 5000;
      const late = makeReplica(one, null, { silentSince: now - 5000 });
      const paused = converged(run, zero, { writes: 'paused' });
      run = follow(run, step(run, makeObservation([paused, late], { now })));
      expect(run.status).toMatchObject({ phase: 'RestoringWrites', failure: { reason: 'ReplicaNotPaused' } });
      expect(collectionDocument(run)).toEqual({ run: 'run-1', attempt });
      now += 5000;
      run = follow(run, step(run, makeObservation([converged(run, zero), late], { now })));
      if (attempt === 3) break;
      expect(run.status).toMatchObject({ phase: 'Queued', failedAttempts: attempt });
      expect(step(run, makeObservation([open(zero), open(one)], { now })).waiting?.reason).toBe(
        'AttemptFailed',
      );
      now += bounds.windowGap;
    }
    expect(run.status).toMatchObject({ phase: 'Failed', windows: 3 });
    expect(run.status.failure?.message).toContain('Pod team-a-1 did not pause its writes');
    expect(collectionDocument(run)).toBeNull();
  });

  const lostMarks: [string, Partial<RegistryState>][] = [
    ['its collector died', { collection: collectionState(enterWindow(), { phase: 'Failed' }) }],
    ['it started anew', { boot: 'another' }],
    ['it collected for another run', { collection: collectionState({ ...makeRun(), uid: 'other' }, {}) }],
  ];

  it.each(lostMarks)('does not sweep when the mark is lost because %s', (_why, changes) => {
    const run = enterWindow();
    const kept = { writes: 'paused' as const, collection: collectionState(run, { remaining: 5 }) };
    const lost = follow(run, look(run, [{ ...kept, ...changes }, { writes: 'paused' }]));
    expect(lost.status).toMatchObject({ phase: 'RestoringWrites', failure: { reason: 'MarkLost' } });
    const back = follow(lost, look(lost, [{}, {}]));
    expect(back.status).toMatchObject({ phase: 'Queued', failedAttempts: 1 });
  });
});
