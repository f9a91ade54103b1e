import { describe, expect, it } from 'vitest';
import { collectionDocument } from './document.ts';
import type { Observation, Replica } from './observation.ts';
import { isActive, type Run } from './run.ts';
import { converged, counts, makeObservation, makeReplica, makeRun, makeState, start } from './scenario.ts';
import { step } from './step.ts';
import type { Transition } from './transition.ts';

const zero = 'team-a-0';
const one = 'team-a-1';
const open = (pod: string): Replica => makeReplica(pod, makeState(pod));

function follow(run: Run, transition: Transition): Run {
  return { ...run, status: transition.status };
}

function enterWindow(changes: Partial<Run> = {}): Run {
  const run = makeRun(changes);
  return follow(run, step(run, makeObservation([open(zero), open(one)])));
}

function enterSweep(changes: Partial<Run> = {}): Run {
  const run = enterWindow(changes);
  return follow(run, step(run, makeObservation(bothPaused(run))));
}

function bothPaused(run: Run): Replica[] {
  return [converged(run, zero, { writes: 'paused' }), converged(run, one, { writes: 'paused' })];
}

function collected(run: Run, phase: 'Swept' | 'Failed' | 'Sweeping', touched: boolean): Replica[] {
  const collection = { run: run.uid, attempt: 1, phase, touched, counts, message: 'disk full.' };
  return [converged(run, zero, { writes: 'paused', collection }), converged(run, one, { writes: 'paused' })];
}

function enterRestart(changes: Partial<Run> = {}): Run {
  const run = enterSweep(changes);
  return follow(run, step(run, makeObservation(collected(run, 'Swept', true))));
}

function restarted(run: Run): Replica[] {
  const restart = { nonce: run.status.restartNonce ?? '', done: true };
  return [zero, one].map((pod) => converged(run, pod, { writes: 'paused', restart }));
}

function enterRestore(changes: Partial<Run> = {}): Run {
  const run = enterRestart(changes);
  return follow(run, step(run, makeObservation(restarted(run))));
}

function enterConfirm(changes: Partial<Run> = {}): Run {
  const run = enterRestore(changes);
  const confirming = follow(run, step(run, makeObservation([converged(run, zero), converged(run, one)])));
  return follow(confirming, step(confirming, makeObservation([open(zero), open(one)])));
}

function confirmedBy(run: Run, phase: 'Confirmed' | 'Failed', restored = 0): Observation {
  const collection = {
    run: run.uid,
    attempt: 1,
    phase,
    touched: true,
    message: 'no space.',
    counts: { ...counts, restored, bytesFreed: 2048 },
  };
  return makeObservation([converged(run, zero, { collection }), open(one)]);
}

describe('EnteringReadOnly', () => {
  it('does not sweep while a collector of an earlier run still works', () => {
    const run = enterWindow();
    const collection = { run: 'older', attempt: 1, phase: 'Confirming' as const, touched: true, counts };
    const busy = converged(run, one, { writes: 'paused', collection });
    const [first] = bothPaused(run);
    if (first === undefined) throw new Error('a replica expected');
    const late = { now: start + 5000 };
    expect(step(run, makeObservation([first, busy])).status.phase).toBe('EnteringReadOnly');
    expect(step(run, makeObservation([first, busy], late)).status).toMatchObject({
      phase: 'RestoringWrites',
      failure: {
        message:
          'Pod team-a-1 did not pause its writes within 5 s: it still collects for an earlier run; nothing was collected.',
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
      expect(run.status).toMatchObject({ phase: 'EnteringReadOnly', attempt });
      now += 5000;
      const late = makeReplica(one, null, { silentSince: now - 5000 });
      run = follow(
        run,
        step(run, makeObservation([converged(run, zero, { writes: 'paused' }), late], { now })),
      );
      expect(run.status).toMatchObject({ phase: 'RestoringWrites', failure: { reason: 'ReplicaNotPaused' } });
      expect(collectionDocument(run)).toEqual({ run: 'run-1', attempt });
      now += 5000;
      run = follow(run, step(run, makeObservation([converged(run, zero), late], { now })));
      if (attempt === 3) break;
      expect(run.status.phase).toBe('Queued');
      expect(step(run, makeObservation([open(zero), open(one)], { now })).waiting?.reason).toBe(
        'AttemptFailed',
      );
      now += 5000;
    }
    expect(run.status.phase).toBe('Failed');
    expect(run.status.failure?.message).toContain('Pod team-a-1 did not pause its writes');
    expect(collectionDocument(run)).toBeNull();
  });
});

describe('Sweeping', () => {
  it('asks one pod to collect', () => {
    const run = enterSweep();
    expect(run.status.pods).toEqual([
      { name: zero, boot: `${zero}-boot-1` },
      { name: one, boot: `${one}-boot-1` },
    ]);
    expect(collectionDocument(run)?.collect).toEqual({ pod: zero, options: run.options });
    expect(step(run, makeObservation(collected(run, 'Sweeping', true))).status).toBe(run.status);
  });

  it('restarts after a sweep, in a window that still stands', () => {
    const run = enterRestart();
    expect(run.status).toMatchObject({ phase: 'Restarting', touched: true, counts });
    expect(collectionDocument(run)).toEqual({
      run: 'run-1',
      attempt: 1,
      window: { deadline: run.status.windowDeadline },
      restart: 'run-1-1',
    });
  });

  it('gives writes back at once after a dry run', () => {
    const run = enterSweep({ options: { ...makeRun().options, dryRun: true } });
    const next = follow(run, step(run, makeObservation(collected(run, 'Swept', false))));
    expect(next.status.phase).toBe('RestoringWrites');
    const end = step(next, makeObservation([converged(next, zero), converged(next, one)]));
    expect(end.status.phase).toBe('Succeeded');
    expect(end.events[0]?.message).toBe('Dry run: 2 blobs and 1 manifest (2.0 KiB) would be deleted.');
  });

  it('does not take the report of another attempt for its own', () => {
    const run = enterSweep();
    const collection = { run: run.uid, attempt: 0, phase: 'Swept' as const, touched: true, counts };
    const seen = makeObservation([
      converged(run, zero, { writes: 'paused', collection }),
      converged(run, one, { writes: 'paused' }),
    ]);
    expect(step(run, seen).status.phase).toBe('Sweeping');
  });

  const broken: [string, (run: Run) => Observation, string, string][] = [
    [
      'the collector fails after it moved something',
      (run) => makeObservation(collected(run, 'Failed', true)),
      'Restarting',
      'CollectionFailed',
    ],
    [
      'the collector fails before it moved anything',
      (run) => makeObservation(collected(run, 'Failed', false)),
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
    expect(collectionDocument(follow(run, transition))?.collect).toBeUndefined();
  });

  it('bears a silence shorter than its bound', () => {
    const run = enterSweep();
    const seen = makeObservation([converged(run, zero, { writes: 'paused' }), makeReplica(one, null)], {
      now: start + 4900,
    });
    expect(step(run, seen).status.phase).toBe('Sweeping');
  });
});

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
    expect(step(run, seen).status).toMatchObject({ phase: 'Confirming', windowSeconds: 1.5 });
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

describe('Confirming', () => {
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
        message: 'Freed 2.0 KiB: 2 blobs and 1 manifest deleted; pushes paused for 0.0 s.',
      },
    ]);
    expect(end.status.steps?.map(({ name }) => name)).toEqual([
      'EnteringReadOnly',
      'Sweeping',
      'Restarting',
      'RestoringWrites',
      'Confirming',
    ]);
    expect(end.status.steps?.every(({ completionTime }) => completionTime !== undefined)).toBe(true);
  });

  it('warns of what it put back', () => {
    const run = enterConfirm();
    expect(step(run, confirmedBy(run, 'Confirmed', 1)).events[0]).toMatchObject({
      type: 'Warning',
      reason: 'Restored',
    });
  });

  it('says where the trash is when the second mark fails', () => {
    const run = enterConfirm();
    const end = step(run, confirmedBy(run, 'Failed'));
    expect(end.status).toMatchObject({ phase: 'Failed', failure: { reason: 'NotConfirmed' } });
    expect(end.status.failure?.message).toContain('.wharfinger/trash/run-1-1');
  });

  it('hands a lost pod’s work to another', () => {
    const run = enterConfirm();
    const lost = makeReplica(zero, null, { ready: false });
    expect(step(run, makeObservation([lost, open(one)])).status.confirmingPod).toBe(one);
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

describe('deletion and a lost Registry', () => {
  it('leads a deleted run back from every step', () => {
    const deleting = { deleting: true };
    expect(step(makeRun(deleting), makeObservation([open(zero)])).status.phase).toBe('Queued');
    const window = { ...enterWindow(), ...deleting };
    expect(step(window, makeObservation([open(zero)])).status.phase).toBe('RestoringWrites');
    const sweep = { ...enterSweep(), ...deleting };
    expect(step(sweep, makeObservation(bothPaused(sweep))).status.phase).toBe('Restarting');
    const confirm = { ...enterConfirm(), ...deleting };
    expect(step(confirm, confirmedBy(confirm, 'Confirmed')).status.phase).toBe('Succeeded');
  });

  it('ends a run whose Registry is gone or another', () => {
    const another = makeObservation([open(zero)]);
    if (another.registry !== null) another.registry.uid = 'registry-2';
    for (const run of [enterWindow(), enterSweep(), enterRestart(), enterRestore(), enterConfirm()]) {
      expect(step(run, makeObservation([], { registry: null })).status.phase).toBe('Failed');
      expect(step(run, another).status).toMatchObject({
        phase: 'Failed',
        failure: { reason: 'RegistryDeleted' },
      });
    }
  });

  it('gives the same answer twice, from the stored status alone', () => {
    for (const run of [enterWindow(), enterSweep(), enterRestart(), enterRestore(), enterConfirm()]) {
      const stored = JSON.parse(JSON.stringify(run)) as Run;
      const seen = makeObservation(restarted(run));
      expect(step(stored, seen)).toEqual(step(run, seen));
      expect(collectionDocument(stored)).toEqual(collectionDocument(run));
      expect(isActive(run.status.phase)).toBe(true);
    }
  });
});
