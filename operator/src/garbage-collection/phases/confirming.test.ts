import type { CollectionCounts } from '@wharfinger/registry/config';
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
  enterConfirm,
  enterSweep,
  follow,
  look,
  makeObservation,
  makeReplica,
  makeRun,
  one,
  open,
  restarted,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';

function confirmedBy(
  run: Run,
  phase: 'Confirmed' | 'Failed',
  changes: Partial<CollectionCounts> = {},
): Observation {
  const told = { ...counts, bytesFreed: 2048, ...changes };
  const collection = collectionState(run, { phase, touched: true, message: 'no space.', counts: told });
  return makeObservation([converged(run, zero, { collection }), open(one)]);
}

describe('Confirming', () => {
  it('looks once more when the collector was killed, three times at most', () => {
    let run = enterConfirm();
    for (const attempt of [2, 3]) {
      const seen = confirmedBy(run, 'Failed');
      const { collection } = seen.replicas[0]?.state ?? {};
      if (collection) collection.died = true;
      run = follow(run, step(run, seen));
      expect(run.status).toMatchObject({ phase: 'Confirming', attempt, failedAttempts: attempt - 1 });
      expect(collectionDocument(run)).toMatchObject({ attempt, restart: 'run-1-1', confirm: { pod: zero } });
    }
    const seen = confirmedBy(run, 'Failed');
    const { collection } = seen.replicas[0]?.state ?? {};
    if (collection) collection.died = true;
    expect(step(run, seen).status).toMatchObject({ phase: 'Failed', failure: { reason: 'NotConfirmed' } });
  });

  it('counts the repositories that left the catalog, which nobody counts before', () => {
    const end = step(enterConfirm(), confirmedBy(enterConfirm(), 'Confirmed', { repositoriesRemoved: 3 }));
    expect(end.status.counts).toMatchObject({ blobsDeleted: 2, repositoriesRemoved: 3 });
  });

  it('succeeds with what was freed', () => {
    const run = enterConfirm();
    expect(collectionDocument(run)).toEqual({
      run: 'run-1',
      attempt: 1,
      restart: 'run-1-1',
      confirm: { pod: zero, options: run.options },
    });
    const end = step(run, confirmedBy(run, 'Confirmed'));
    expect(end.status).toMatchObject({
      phase: 'Succeeded',
      freed: '2.0 KiB',
      counts: { blobsDeleted: 2, bytesFreed: 2048 },
    });
    expect(end.events).toMatchObject([
      {
        type: 'Normal',
        reason: 'Succeeded',
        message: 'Freed 2.0 KiB: 2 blobs and 1 manifest deleted; pushes paused for 0.00 s.',
      },
    ]);
    expect(end.status.steps?.map(({ name }) => name)).toEqual([
      'Marking',
      'EnteringReadOnly',
      'Sweeping',
      'Restarting',
      'RestoringWrites',
      'Confirming',
    ]);
    expect(end.status.steps?.every(({ completionTime }) => completionTime !== undefined)).toBe(true);
  });

  it('tells what is kept until undoFor is over', () => {
    const run = enterConfirm({ options: { ...makeRun().options, undoFor: 5_400_000 } });
    const end = step(run, confirmedBy(run, 'Confirmed', { bytesFreed: 0, bytesPending: 2048 }));
    expect(end.status).toMatchObject({ freed: '0 B', pending: '2.0 KiB', counts: { bytesPending: 2048 } });
    expect(end.events[0]?.message).toBe(
      '2.0 KiB to be freed in 1h30m: 2 blobs and 1 manifest deleted; pushes paused for 0.00 s.',
    );
  });

  it('warns of what it put back', () => {
    const run = enterConfirm();
    expect(step(run, confirmedBy(run, 'Confirmed', { restored: 1 })).events[0]).toMatchObject({
      type: 'Warning',
      reason: 'Restored',
    });
  });

  it('says where the trash is when the second mark fails', () => {
    const run = enterConfirm();
    const end = step(run, confirmedBy(run, 'Failed'));
    expect(end.status).toMatchObject({ phase: 'Failed', failure: { reason: 'NotConfirmed' } });
    expect(end.status.failure?.message).toContain('.wharfinger/trash/run-1-*');
  });

  it('does not take what a failed sweep left said for the answer of the second mark', () => {
    const swept = enterSweep();
    const failed = collected(swept, { phase: 'Failed' });
    let run: Run = { ...swept, status: { ...swept.status, failedAttempts: 2 } };
    run = follow(run, step(run, makeObservation(failed)));
    run = follow(run, step(run, makeObservation(restarted(run))));
    const stale = failed[0]?.state?.collection ?? null;
    run = follow(run, look(run, [{ collection: stale }, {}]));
    expect(run.status).toMatchObject({ phase: 'Confirming', failure: { reason: 'CollectionFailed' } });
    run = follow(run, look(run, [{ collection: stale }, {}]));
    expect(look(run, [{ collection: stale }, {}]).status.phase).toBe('Confirming');
    const confirmed = collectionState(run, { phase: 'Confirmed' });
    expect(look(run, [{ collection: confirmed }, {}]).status).toMatchObject({
      phase: 'Failed',
      failure: { reason: 'CollectionFailed' },
    });
  });

  it('hands a lost pod’s work to another', () => {
    const run = enterConfirm();
    const lost = makeReplica(zero, null, { ready: false });
    expect(step(run, makeObservation([lost, open(one)])).status.confirmingPod).toBe(one);
  });

  it('does not wait for a collector whose mark was lost between two windows', () => {
    const run = enterConfirm();
    const failure = { reason: 'MarkLost', message: 'why' };
    const status = { ...run.status, failure, windowDeadline: undefined, collectorPod: undefined };
    const given = { ...run, status: { ...status, confirmingPod: undefined } };
    const replicas = [makeReplica(zero, null), open(one)];
    expect(step(given, makeObservation(replicas)).status.confirmingPod).toBe(one);
  });

  it('does not begin beside a collector that may still work', () => {
    const swept = enterSweep();
    let run = follow(
      swept,
      step(
        swept,
        makeObservation([makeReplica(zero, null), ...bothPaused(swept).slice(1)], { now: start + 5000 }),
      ),
    );
    run = { ...run, status: { ...run.status, phase: 'Confirming' } };
    const seen = (now: number): Observation => makeObservation([makeReplica(zero, null), open(one)], { now });
    expect(step(run, seen(start + 6000)).status.confirmingPod).toBeUndefined();
    expect(step(run, seen(start + 60_001)).status.confirmingPod).toBe(one);
  });
});
