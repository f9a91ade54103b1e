import { describe, expect, it } from 'vitest';
import { collectionDocument } from '../document.ts';
import type { Run } from '../run.ts';
import {
  afterWindow,
  collected,
  collectionState,
  converged,
  enterMarking,
  enterRestore,
  follow,
  look,
  makeObservation,
  makeRun,
  one,
  open,
  openWindow,
  restarted,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

/** Leads a run that marks through one window that takes so long, and leaves so much. */
function throughWindow(run: Run, remaining: number, now: number, ms: number): Run {
  let next = openWindow(run, 5, now);
  const paused = { writes: 'paused' as const };
  const collection = collectionState(next, { phase: 'Marked', remaining: 5 });
  next = follow(next, look(next, [{ ...paused, collection }, paused], now));
  next = follow(next, step(next, makeObservation(collected(next, { phase: 'Swept', remaining }), { now })));
  next = follow(next, step(next, makeObservation(restarted(next), { now })));
  const replicas = [converged(next, zero), converged(next, one)];
  return follow(next, step(next, makeObservation(replicas, { now: now + ms })));
}

describe('many windows', () => {
  it('tells the longest, their number and their sum, and each in its step', () => {
    let run = throughWindow(enterMarking(), 3, start, 700);
    run = throughWindow(run, 2, start + 20_000, 1200);
    run = throughWindow(run, 0, start + 40_000, 400);
    expect(run.status).toMatchObject({
      phase: 'Confirming',
      attempt: 3,
      windows: 3,
      windowSeconds: 1.2,
      windowSecondsTotal: 2.3,
    });
    const told = run.status.steps?.filter(({ name }) => name === 'RestoringWrites');
    expect(told?.map(({ message }) => message)).toEqual([
      'Pushes paused for 0.70 s.',
      'Pushes paused for 1.20 s.',
      'Pushes paused for 0.40 s.',
    ]);
    expect(run.status.counts?.blobsDeleted).toBe(2);
    const confirming = follow(run, step(run, makeObservation([open(zero), open(one)])));
    const collection = collectionState(confirming, { phase: 'Confirmed' });
    expect(look(confirming, [{ collection }, {}]).events[0]?.message).toContain(
      'pushes paused 3 times for 1.20 s at most',
    );
  });

  it('never has more steps than a status may have, and keeps the first and the last', () => {
    let run = enterMarking({ timeoutMs: 86_400_000 });
    for (let window = 0; window < 120; window += 1) run = throughWindow(run, 5, start + window * 20_000, 500);
    const { steps = [], omittedSteps = 0, attempt } = run.status;
    expect(steps.length).toBeLessThanOrEqual(256);
    expect(steps.length + omittedSteps).toBe(1 + 120 * 5);
    expect(steps[0]?.startTime).toBe(new Date(start).toISOString());
    expect(steps.at(-1)?.name).toBe('Marking');
    expect(attempt).toBe(121);
  });

  it('asks for no more mark once nothing is left', () => {
    expect(collectionDocument(enterRestore({}, 5))?.mark).toBeDefined();
    expect(collectionDocument(enterRestore({}, 0))?.mark).toBeUndefined();
  });

  it('ends when spec.timeout has passed, with what is left told and what was swept checked', () => {
    const run = throughWindow(enterMarking({ timeoutMs: 30_000 }), 7, start + 29_000, 1000);
    expect(run.status).toMatchObject({ phase: 'Confirming', failure: { reason: 'TimedOut' } });
    expect(run.status.failure?.message).toContain('7 links, blobs, uploads and tags are left');
  });
});

describe('restart: Rollout', () => {
  it('replaces the pods after the last window, with writes on, and then checks', () => {
    const run = afterWindow({ rollout: true });
    expect(run.status.phase).toBe('RollingOut');
    expect(collectionDocument(run)).toEqual({ run: 'run-1', attempt: 1, restart: 'run-1-1' });
    const seen = (rolledOutFor: string, settled: boolean, now = start): Parameters<typeof step>[1] => {
      const replicas = [converged(run, zero), converged(run, one)];
      const statefulSet = { replicas: 2, settled, rolledOutFor };
      return makeObservation(replicas, {
        now,
        registry: { uid: 'registry-1', ready: true, statefulSet, collectionRun: run.uid },
      });
    };
    expect(step(run, seen('', true)).status.phase).toBe('RollingOut');
    expect(step(run, seen('run-0', true)).status.phase).toBe('RollingOut');
    expect(step(run, seen('run-1', false)).status.phase).toBe('RollingOut');
    expect(step(run, seen('run-1', true)).status.phase).toBe('Confirming');
    expect(step(run, seen('run-1', false, start + run.timeoutMs)).status).toMatchObject({
      phase: 'Confirming',
      failure: { reason: 'RolloutNotSettled' },
    });
  });

  it('does not replace them between windows, nor for a run that swept nothing', () => {
    expect(afterWindow({ rollout: true }, 5).status.phase).toBe('Marking');
    const marking = enterMarking({ rollout: true });
    const collection = collectionState(marking, { remaining: 0 });
    const taken = follow(marking, look(marking, [{ collection }, {}]));
    expect(look(taken, [{ collection }, {}]).status.phase).toBe('Confirming');
  });
});

describe('Restoring', () => {
  const from = '11111111-2222-3333-4444-555555555555';

  function enterRestoring(): Run {
    const run = makeRun({ restoreFrom: from });
    return follow(run, step(run, makeObservation([open(zero), open(one)])));
  }

  it('has one replica restore, without a window', () => {
    const run = enterRestoring();
    expect(collectionDocument(run)).toEqual({ run: 'run-1', attempt: 1, restore: { pod: zero, from } });
    const restoring = collectionState(run, { phase: 'Restoring' });
    expect(look(run, [{ collection: restoring }, {}]).status.phase).toBe('Restoring');
    const counts = { ...restoring.counts, restored: 4 };
    const end = look(run, [{ collection: { ...restoring, phase: 'Restored', counts } }, {}]);
    expect(end.status).toMatchObject({ phase: 'Succeeded', counts: { restored: 4 } });
    expect(end.events[0]?.message).toBe(`Restored 4 blobs and manifests that ${from} had deleted.`);
  });

  it('fails with the reason', () => {
    const run = enterRestoring();
    const collection = collectionState(run, { phase: 'Failed', message: 'nothing is left of it.' });
    const failed = look(run, [{ collection }, {}]).status;
    expect(failed).toMatchObject({ phase: 'Failed', failure: { reason: 'NotRestored' } });
    expect(failed.failure?.message).toContain('nothing is left of it.');
    const working = collectionState(run, { phase: 'Restoring' });
    const late = look(run, [{ collection: working }, {}], start + run.timeoutMs).status;
    expect(late.failure?.message).toContain('did not end within spec.timeout');
  });

  it('fails soon on a registry that knows no restoring', () => {
    const run = enterRestoring();
    expect(look(run, [{}, {}], start + 4999).status.phase).toBe('Restoring');
    expect(look(run, [{}, {}], start + 5000).status.failure?.message).toContain('update its image');
  });

  it('hands a lost pod’s work to another', () => {
    const run = enterRestoring();
    expect(step(run, makeObservation([open(one)])).status).toMatchObject({
      phase: 'Restoring',
      collectorPod: one,
    });
  });
});
