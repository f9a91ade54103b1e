import type { RegistryState } from '@wharfinger/registry/config';
import { describe, expect, it } from 'vitest';
import { bounds } from '../bounds.ts';
import { collectionDocument } from '../document.ts';
import {
  afterWindow,
  collectionState,
  converged,
  counts,
  dryRun,
  enterMarking,
  follow,
  look,
  makeObservation,
  makeReplica,
  makeState,
  one,
  open,
  start,
  zero,
} from '../scenario.ts';
import { step } from '../step.ts';
import type { Run } from '../run.ts';

/** The first replica has taken the mark up. */
function takenUp(changes: Partial<Run> = {}): Run {
  const run = enterMarking(changes);
  return follow(run, look(run, [{ collection: collectionState(run, { phase: 'Marking' }) }, {}]));
}

function marked(run: Run, remaining: number): Partial<RegistryState> {
  return { collection: collectionState(run, { phase: 'Marked', remaining }), prepared: true };
}

const ready = { prepared: true };

describe('Marking', () => {
  it('remembers who keeps the mark, and waits for it', () => {
    const run = takenUp();
    expect(run.status).toMatchObject({ phase: 'Marking', collectorBoot: `${zero}-boot-1` });
    expect(look(run, [{ collection: collectionState(run, { phase: 'Marking' }) }, ready]).status).toBe(
      run.status,
    );
  });

  it('opens no window while the replicas do not see one store', () => {
    const run = takenUp();
    const all = [zero, one].map((pod) => `${pod}-boot-1`);
    const apart = look(run, [
      { ...marked(run, 7), members: all },
      { ...ready, members: all.slice(1) },
    ]);
    expect([apart.status.phase, apart.waiting?.reason]).toEqual(['Marking', 'StoresApart']);
    const together = look(run, [
      { ...marked(run, 7), members: all },
      { ...ready, members: all },
    ]);
    expect(together.status.phase).toBe('EnteringReadOnly');
  });

  it('opens a window when it is marked and every replica is prepared for this text', () => {
    const run = takenUp();
    const stale = makeReplica(one, makeState(one, { prepared: true }));
    const first = converged(run, zero, marked(run, 7));
    expect(step(run, makeObservation([first, stale])).status.phase).toBe('Marking');
    expect(look(run, [marked(run, 7), { prepared: false }]).status.phase).toBe('Marking');
    const transition = look(run, [marked(run, 7), ready]);
    expect(transition.status).toMatchObject({
      phase: 'EnteringReadOnly',
      remaining: 7,
      windowDeadline: new Date(start + 60_000).toISOString(),
      counts: { ...counts, blobsDeleted: 0, manifestsDeleted: 0, layerLinksDeleted: 0, bytesDeleted: 0 },
    });
    expect(transition.events).toMatchObject([{ type: 'Normal', reason: 'PushesPaused' }]);
    expect(collectionDocument(follow(run, transition))).toEqual({
      run: 'run-1',
      attempt: 1,
      mark: { pod: zero, options: run.options },
      window: { deadline: transition.status.windowDeadline },
    });
  });

  it('goes without workers that are prepared late', () => {
    const run = takenUp();
    const late = (now: number): string => look(run, [marked(run, 7), {}], now).status.phase;
    expect(late(start + 29_999)).toBe('Marking');
    expect(late(start + 30_000)).toBe('EnteringReadOnly');
  });

  it('lets a registry that knows no mark mark in the window', () => {
    const run = enterMarking();
    expect(look(run, [{}, {}], start + 4999).status.phase).toBe('Marking');
    const transition = look(run, [{}, {}], start + 5000);
    expect(transition.status.phase).toBe('EnteringReadOnly');
    expect(transition.status.collectorBoot).toBeUndefined();
    const paused = { writes: 'paused' as const };
    const window = follow(run, transition);
    expect(look(window, [paused, paused], start + 5000).status.phase).toBe('Sweeping');
  });

  it('does not take a registry that is busy, not ready or behind for one that knows no mark', () => {
    const run = enterMarking();
    const now = start + 20_000;
    const busy = { collection: collectionState({ ...run, uid: 'older' }, { phase: 'Confirming' as const }) };
    expect(look(run, [busy, {}], now).status.phase).toBe('Marking');
    const starting = { ...converged(run, zero), ready: false };
    expect(step(run, makeObservation([starting, open(one)], { now })).status.phase).toBe('Marking');
    expect(step(run, makeObservation([open(zero), open(one)], { now })).status.phase).toBe('Marking');
  });

  it('opens no window when there is nothing to sweep', () => {
    const run = takenUp();
    const next = look(run, [marked(run, 0), {}]);
    expect(next.status.phase).toBe('Confirming');
    expect(next.status.windows).toBeUndefined();
  });

  it('opens no window before the registry is settled, and says what it waits for', () => {
    const run = takenUp();
    const replicas = [converged(run, zero, marked(run, 7)), converged(run, one, ready)];
    const seen = makeObservation(replicas);
    if (seen.registry?.statefulSet) seen.registry.statefulSet.settled = false;
    const transition = step(run, seen);
    expect(transition).toMatchObject({
      status: { phase: 'Marking' },
      waiting: { reason: 'RegistryNotReady' },
    });
    const late = { ...seen, now: start + run.timeoutMs };
    expect(step(run, late).status).toMatchObject({ phase: 'Failed', failure: { reason: 'TimedOut' } });
    expect(step(run, late).status.failure?.message).toContain('Waits for Registry team-a');
  });

  it('fails without a window when a replica stays silent, and names it', () => {
    const run = takenUp();
    const replicas = [converged(run, zero, marked(run, 7)), makeReplica(one, null, { ready: false })];
    const patience = bounds.prepare + bounds.recovery;
    const at = (now: number): ReturnType<typeof step> => step(run, makeObservation(replicas, { now }));
    expect(at(start + patience - 1).status.phase).toBe('Marking');
    const failed = at(start + patience).status;
    expect(failed.phase).toBe('Failed');
    expect(failed.failure).toEqual({
      reason: 'ReplicaUnreachable',
      message: `Pod ${one} does not answer (no answer); nothing was swept.`,
    });
  });

  it('marks anew when the collector was killed, three times at most', () => {
    let run = takenUp();
    for (const failedAttempts of [1, 2]) {
      const collection = collectionState(run, { phase: 'Failed', died: true, message: 'killed.' });
      const next = look(run, [{ collection }, ready]);
      expect(next.status).toMatchObject({ phase: 'Marking', failedAttempts });
      run = { ...run, status: { ...run.status, failedAttempts } };
    }
    const collection = collectionState(run, { phase: 'Failed', died: true, message: 'killed.' });
    expect(look(run, [{ collection }, ready]).status).toMatchObject({
      phase: 'Failed',
      failure: { reason: 'MarkLost' },
    });
  });

  it('fails without a window when the mark fails', () => {
    const run = takenUp();
    const collection = collectionState(run, { phase: 'Failed', message: 'cannot read.' });
    const { status } = look(run, [{ collection }, ready]);
    expect(status).toMatchObject({ phase: 'Failed', failure: { reason: 'MarkFailed' } });
    expect(status.failure?.message).toBe('The mark on team-a-0 failed: cannot read.');
  });

  const losses: [string, (run: Run) => ReturnType<typeof look>][] = [
    ['its container starts anew', (run) => look(run, [{ boot: 'another' }, {}])],
    [
      'it collects for another run',
      (run) => look(run, [{ collection: collectionState({ ...run, uid: 'x' }, {}) }, {}]),
    ],
    ['its pod is gone', (run) => step(run, makeObservation([open(one)]))],
    [
      'its pod terminates',
      (run) => step(run, makeObservation([makeReplica(zero, null, { terminating: true }), open(one)])),
    ],
    [
      'it is silent for long',
      (run) => {
        const since = Date.parse(run.status.steps?.at(-1)?.startTime ?? '');
        const replicas = [makeReplica(zero, null), open(one)];
        return step(run, makeObservation(replicas, { now: since + 30_000 }));
      },
    ],
  ];

  it.each(losses)('marks anew when %s, three times at most', (_name, see) => {
    let run = takenUp();
    for (let failed = 1; failed <= 2; failed += 1) {
      const transition = see(run);
      expect(transition.events).toMatchObject([{ type: 'Warning', reason: 'MarkLost' }]);
      run = follow(run, transition);
      expect(run.status).toMatchObject({ phase: 'Marking', attempt: failed + 1, failedAttempts: failed });
      expect(collectionDocument(run)?.mark).toBeUndefined();
      run = follow(run, step(run, makeObservation([open(zero), open(one)])));
      expect(collectionDocument(run)?.mark?.pod).toBe(zero);
      run = follow(run, look(run, [{ collection: collectionState(run, { phase: 'Marking' }) }, {}]));
    }
    expect(see(run).status).toMatchObject({ phase: 'Failed', failure: { reason: 'MarkLost' } });
  });

  it('bears a short silence, and marks on another replica when the first is lost', () => {
    const run = takenUp();
    const silent = makeReplica(zero, null);
    const seen = makeObservation([silent, open(one)], { now: start + 29_999 });
    expect(step(run, seen).status).toBe(run.status);
    const lost = follow(run, step(run, makeObservation([open(one)])));
    expect(step(lost, makeObservation([silent, open(one)])).status.collectorPod).toBe(one);
  });

  it('does not take the failure of an earlier attempt for its own', () => {
    const run = enterMarking();
    const second = { ...run, status: { ...run.status, attempt: 2 } };
    const collection = collectionState(second, { phase: 'Failed', attempt: 1 });
    expect(look(second, [{ collection }, {}]).status).toBe(second.status);
  });
});

describe('Marking between windows', () => {
  it('keeps the mark, and opens the next window some seconds after the last', () => {
    const run = afterWindow({}, 3);
    expect(run.status).toMatchObject({ phase: 'Marking', attempt: 2, remaining: 3, windows: 1 });
    expect(collectionDocument(run)).toEqual({
      run: 'run-1',
      attempt: 2,
      mark: { pod: zero, options: run.options },
    });
    const swept = collectionState(run, { phase: 'Swept', attempt: 1, remaining: 3, touched: true });
    const see = (now: number): ReturnType<typeof look> =>
      look(run, [{ collection: swept, ...ready }, ready], now);
    expect(see(start + bounds.windowGap - 1).status.phase).toBe('Marking');
    expect(see(start + bounds.windowGap).status).toMatchObject({ phase: 'EnteringReadOnly', attempt: 2 });
  });

  it('opens a window as many seconds after that of another run', () => {
    const run = takenUp();
    const see = (sinceEnd: number): string => {
      const lastPause = { run: 'another', attempt: 1, milliseconds: 200, sinceEnd };
      return look(run, [{ ...marked(run, 3), lastPause }, ready], start + 60_000).status.phase;
    };
    expect([see(0), see(bounds.windowGap - 1), see(bounds.windowGap)]).toEqual([
      'Marking',
      'Marking',
      'EnteringReadOnly',
    ]);
  });

  it('marks anew when the collector died, and checks what was swept when it goes on dying', () => {
    const run = afterWindow({}, 3);
    const dead = (now: Run): Partial<RegistryState> => ({
      collection: collectionState(now, { phase: 'Failed' }),
    });
    const next = look(run, [dead(run), {}]).status;
    expect(next).toMatchObject({ phase: 'Marking', attempt: 3, failedAttempts: 1, earlierCounts: counts });
    const third = { ...run, status: { ...run.status, failedAttempts: 2 } };
    expect(look(third, [dead(run), {}]).status).toMatchObject({
      phase: 'Confirming',
      failure: { reason: 'MarkLost' },
    });
  });

  it('checks what was swept when the time is over', () => {
    const run = afterWindow({}, 3);
    const { status } = look(run, [{}, {}], start + run.timeoutMs);
    expect(status).toMatchObject({ phase: 'Confirming', failure: { reason: 'TimedOut' } });
  });
});

describe('a dry run', () => {
  it('ends with the plan, and without a window', () => {
    const run = takenUp(dryRun());
    const replicas = [converged(run, zero, marked(run, 7)), converged(run, one)];
    const end = step(run, makeObservation(replicas, { plan: { name: 'nightly-plan' } }));
    expect(end.status).toMatchObject({ phase: 'Succeeded', planRef: { name: 'nightly-plan' }, counts });
    expect(end.status.windows).toBeUndefined();
    expect(end.events[0]?.message).toBe(
      'Dry run: 2 blobs and 1 manifest (2.0 KiB) would be deleted; the plan is in ConfigMap nightly-plan.',
    );
  });

  it('waits for its plan for a while, and then says why there is none', () => {
    let run = takenUp(dryRun());
    const see = (now: number): ReturnType<typeof step> => {
      const replicas = [converged(run, zero, marked(run, 7)), converged(run, one)];
      return step(run, makeObservation(replicas, { now, plan: { problem: 'no such path' } }));
    };
    run = follow(run, see(start + 1000));
    expect(run.status.phase).toBe('Marking');
    expect(see(start + 5999).status.phase).toBe('Marking');
    const end = see(start + 6000);
    expect(end.status).toMatchObject({ phase: 'Succeeded', counts });
    expect(end.events[0]).toMatchObject({
      reason: 'PlanNotStored',
      message: 'The plan could not be stored: no such path.',
    });
  });
});
