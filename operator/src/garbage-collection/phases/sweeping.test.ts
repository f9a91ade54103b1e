import { describe, expect, it } from 'vitest';
import { collectionDocument } from '../document.ts';
import type { Observation } from '../observation.ts';
import type { Run } from '../run.ts';
import {
  bothPaused,
  collected,
  collectionState,
  converged,
  counts,
  dryRun,
  enterRestart,
  enterRestore,
  enterSweep,
  follow,
  look,
  makeObservation,
  makeReplica,
  one,
  open,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

describe('Sweeping', () => {
  it('asks one pod to collect', () => {
    const run = enterSweep();
    expect(run.status.pods).toEqual([
      { name: zero, boot: `${zero}-boot-1` },
      { name: one, boot: `${one}-boot-1` },
    ]);
    expect(collectionDocument(run)).toEqual({
      run: 'run-1',
      attempt: 1,
      mark: { pod: zero, options: run.options },
      window: { deadline: run.status.windowDeadline },
      collect: { pod: zero, options: run.options, budget: 500 },
    });
    expect(step(run, makeObservation(collected(run, { phase: 'Sweeping' }))).status).toBe(run.status);
  });

  it('has more time for a large store, and the same throughout a window', () => {
    const run = enterSweep();
    const large = { ...run, status: { ...run.status, counts: { ...counts, blobsMarked: 100_001 } } };
    expect(collectionDocument(large)?.collect?.budget).toBe(1000);
    const swept = collected(large, {
      counts: { ...counts, blobsMarked: 100_001, blobsDeleted: 9 },
      remaining: 7,
    });
    const { counts: after } = follow(large, step(large, makeObservation(swept))).status;
    expect(after?.blobsMarked).toBe(100_001);
  });

  it('restarts after a sweep, in a window that still stands', () => {
    const run = enterRestart();
    expect(run.status).toMatchObject({ phase: 'Restarting', touched: true, counts });
    expect(collectionDocument(run)).toEqual({
      run: 'run-1',
      attempt: 1,
      mark: { pod: zero, options: run.options },
      window: { deadline: run.status.windowDeadline },
      restart: 'run-1-1',
    });
  });

  it('needs no restart when the journal brought everything back', () => {
    const run = enterSweep();
    const swept = collected(run, { phase: 'Swept', touched: false });
    const next = follow(run, step(run, makeObservation(swept)));
    expect(next.status).toMatchObject({ phase: 'RestoringWrites', touched: false });
    expect(follow(next, look(next, [{}, {}])).status.phase).toBe('Confirming');
  });

  it('remembers that an earlier window moved something', () => {
    const run = enterSweep();
    const second = { ...run, status: { ...run.status, touched: true } };
    const swept = collected(second, { phase: 'Swept', touched: false });
    expect(step(second, makeObservation(swept)).status).toMatchObject({
      phase: 'RestoringWrites',
      touched: true,
    });
  });

  it('gives writes back at once after a dry run of a registry that marks in the window', () => {
    const run = { ...enterSweep(), ...dryRun() };
    const swept = collected(run, { phase: 'Swept', touched: false });
    const next = follow(run, step(run, makeObservation(swept)));
    expect(next.status.phase).toBe('RestoringWrites');
    const end = look(next, [{}, {}]);
    expect(end.status.phase).toBe('Succeeded');
    expect(end.events[0]?.message).toBe('Dry run: 2 blobs and 1 manifest (2.0 KiB) would be deleted.');
  });

  it('takes the counts of its mark, and adds what was swept with marks that were lost', () => {
    const run = enterSweep();
    const swept = collected(run, { phase: 'Swept' });
    const second = { ...run, status: { ...run.status, counts: { ...counts, blobsDeleted: 1 } } };
    expect(step(second, makeObservation(swept)).status.counts).toEqual(counts);
    const earlierCounts = { ...counts, blobsDeleted: 10, bytesDeleted: 1000, tagsRemoved: 3, blobsMarked: 9 };
    const other = { ...run, status: { ...run.status, earlierCounts } };
    expect(step(other, makeObservation(swept)).status.counts).toEqual({
      ...counts,
      blobsDeleted: 12,
      bytesDeleted: 3048,
      tagsRemoved: 3,
      manifestsDeleted: 2,
      layerLinksDeleted: 4,
    });
  });

  it('counts what a collector swept before it failed, and nothing when it had swept nothing', () => {
    const run = enterSweep();
    const before = run.status.counts;
    const failed = (touched: boolean): Run['status'] =>
      step(run, makeObservation(collected(run, { phase: 'Failed', touched }))).status;
    expect(failed(true).counts).toEqual(counts);
    expect(failed(false).counts).toEqual(before);
    expect(before?.blobsDeleted).toBe(0);
  });

  it('does not take the report of another attempt for its own', () => {
    const run = enterSweep();
    const collection = collectionState(run, { attempt: 0, phase: 'Swept', touched: true });
    const seen = makeObservation([
      converged(run, zero, { writes: 'paused', collection }),
      converged(run, one, { writes: 'paused' }),
    ]);
    expect(step(run, seen).status.phase).toBe('Sweeping');
  });

  const broken: [string, (run: Run) => Observation, string, string][] = [
    [
      'the collector fails after it moved something',
      (run) => makeObservation(collected(run, { phase: 'Failed' })),
      'Restarting',
      'CollectionFailed',
    ],
    [
      'the collector fails before it moved anything',
      (run) => makeObservation(collected(run, { phase: 'Failed', touched: false })),
      'RestoringWrites',
      'CollectionFailed',
    ],
    [
      'the collector pod starts anew',
      (run) =>
        makeObservation([
          converged(run, zero, { boot: 'new', writes: 'paused' }),
          converged(run, one, { writes: 'paused' }),
        ]),
      'Restarting',
      'ReplicaRestarted',
    ],
    [
      'a pod is gone',
      (run) => makeObservation([converged(run, zero, { writes: 'paused' })]),
      'Restarting',
      'ReplicaRestarted',
    ],
    [
      'a pod terminates',
      (run) =>
        makeObservation([
          converged(run, zero, { writes: 'paused' }),
          makeReplica(one, null, { terminating: true }),
        ]),
      'Restarting',
      'ReplicaRestarted',
    ],
    [
      'a pod appears',
      (run) => makeObservation([...bothPaused(run), open('team-a-2')]),
      'Restarting',
      'ReplicaAppeared',
    ],
    [
      'a pod falls silent',
      (run) =>
        makeObservation([converged(run, zero, { writes: 'paused' }), makeReplica(one, null)], {
          now: start + 5000,
        }),
      'Restarting',
      'ReplicaUnreachable',
    ],
    [
      'a window expires',
      (run) =>
        makeObservation([
          converged(run, zero, { writes: 'paused' }),
          converged(run, one, { writes: 'open', windowExpired: true }),
        ]),
      'Restarting',
      'WindowExpired',
    ],
    [
      'nothing ends',
      (run) => makeObservation(bothPaused(run), { now: start + 66_000 }),
      'Restarting',
      'WindowExpired',
    ],
  ];

  it.each(broken)('gives back when %s', (_name, see, phase, reason) => {
    const run = enterSweep();
    const transition = step(run, see(run));
    expect(transition.status).toMatchObject({ phase, failure: { reason } });
    expect(transition.events).toMatchObject([{ type: 'Warning', reason }]);
    expect(transition.status.touched === true).toBe(phase === 'Restarting');
    const given = collectionDocument(follow(run, transition));
    expect([given?.collect, given?.mark]).toEqual([undefined, undefined]);
  });

  it('bears a silence shorter than its bound', () => {
    const run = enterSweep();
    const seen = makeObservation([converged(run, zero, { writes: 'paused' }), makeReplica(one, null)], {
      now: start + 4900,
    });
    expect(step(run, seen).status.phase).toBe('Sweeping');
  });

  const again = ['CollectionFailed', 'ReplicaRestarted'];
  it.each(['CollectionFailed', 'ReplicaRestarted', 'WindowExpired', 'ReplicaUnreachable'])(
    'after %s in a window that moved something, what it moved is checked, now or after another attempt',
    (reason) => {
      const failed = { failure: { reason, message: 'why' }, touched: true };
      const run = enterRestore();
      const restoring = { ...run, status: { ...run.status, ...failed } };
      const next = look(restoring, [{}, {}]).status;
      expect(next.phase).toBe(again.includes(reason) ? 'Marking' : 'Confirming');
      const last = { ...restoring, status: { ...restoring.status, failedAttempts: 2 } };
      expect(look(last, [{}, {}]).status).toMatchObject({ phase: 'Confirming', failure: { reason } });
    },
  );

  it('does not begin anew beside a replica that may still sweep', () => {
    const run = enterRestore();
    const failure = { reason: 'ReplicaRestarted', message: 'why' };
    const restoring = { ...run, status: { ...run.status, failure } };
    const seen = [makeReplica(zero, null), converged(restoring, one)];
    const next = step(restoring, makeObservation(seen, { now: start + 5000 }));
    expect(next.status.phase).toBe('Confirming');
  });
});
