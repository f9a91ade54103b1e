import { describe, expect, it } from 'vitest';
import { collectionDocument } from '../document.ts';
import {
  converged,
  enterRestart,
  enterRestore,
  makeObservation,
  makeReplica,
  one,
  open,
  restarted,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

describe('Restarting', () => {
  it('waits for the workers of every replica', () => {
    const run = enterRestart();
    const [first] = restarted(run);
    if (first === undefined) throw new Error('a replica expected');
    const half = converged(run, one, { writes: 'paused', restart: { nonce: 'run-1-1', done: false } });
    const older = converged(run, one, { writes: 'paused', restart: { nonce: 'run-0-1', done: true } });
    expect(step(run, makeObservation([first, half])).status.phase).toBe('Restarting');
    expect(step(run, makeObservation([first, older])).status.phase).toBe('Restarting');
    expect(step(run, makeObservation(restarted(run))).status.phase).toBe('RestoringWrites');
  });

  it('goes on without a silent replica, and says so', () => {
    const run = enterRestart();
    const silent = makeReplica(one, null);
    const seen = makeObservation([...restarted(run).slice(0, 1), silent], { now: start + 5000 });
    expect(step(run, seen).status).toMatchObject({
      phase: 'RestoringWrites',
      failure: { reason: 'ReplicaNotRestarted' },
    });
  });
});

describe('RestoringWrites', () => {
  it.each(['open', 'readOnly'] as const)('takes the writes %s that the user wants', (writes) => {
    const run = enterRestore();
    expect(collectionDocument(run)?.window).toBeUndefined();
    const held = makeObservation([
      converged(run, zero, { writes: 'paused' }),
      converged(run, one, { writes }),
    ]);
    expect(step(run, held).status.phase).toBe('RestoringWrites');
    const seen = makeObservation([converged(run, zero, { writes }), converged(run, one, { writes })], {
      now: start + 1500,
    });
    expect(step(run, seen).status).toMatchObject({
      phase: 'Confirming',
      windows: 1,
      windowSeconds: 1.5,
      windowSecondsTotal: 1.5,
    });
  });

  it('does not believe a replica that answers for an older text', () => {
    const run = enterRestore();
    expect(step(run, makeObservation([converged(run, zero), open(one)])).status.phase).toBe(
      'RestoringWrites',
    );
  });

  it('confirms before it fails when something was swept', () => {
    const run = enterRestore();
    const silent = makeReplica(one, null);
    const seen = makeObservation([converged(run, zero), silent], { now: start + 5000 });
    const next = step(run, seen);
    expect(next.status).toMatchObject({ phase: 'Confirming', failure: { reason: 'ReplicaNotRestored' } });
  });
});
